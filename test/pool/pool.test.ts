import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Lent, poolOf } from "./pool";

/** A pool whose parts say in a log what is done with them. */
function loggingPool(idleMs?: number) {
  const log: string[] = [];
  const does = (what: string, number: number) => () => {
    log.push(`${what} ${number}`);
    return Promise.resolve();
  };
  const begin = (number: number): Promise<Lent> => {
    log.push(`begin ${number}`);
    return Promise.resolve({
      facts: {},
      stop: does("stop", number),
      renew: does("renew", number),
    });
  };
  return { log, pool: poolOf(begin, idleMs) };
}

it("what is given back is lent again, and one more is started only if none is free", async () => {
  const { log, pool } = loggingPool();
  const one = await pool.lend();
  await pool.lend();
  pool.takeBack(one);
  expect(await pool.lend()).toBe(one);
  await pool.close();
  expect(log).toEqual(["begin 1", "begin 2", "renew 1", "stop 1", "stop 2"]);
});

it("what is idle for too long is stopped once, and another one is started when it is asked for", async () => {
  const { log, pool } = loggingPool(5);
  pool.takeBack(await pool.lend());
  await wait(30);
  await pool.lend();
  await pool.close();
  expect(log).toEqual(["begin 1", "renew 1", "stop 1", "begin 2", "stop 2"]);
});

it("what is lent again in time is not stopped", async () => {
  const { log, pool } = loggingPool(20);
  const one = await pool.lend();
  pool.takeBack(one);
  await pool.lend();
  await wait(40);
  expect(log).toEqual(["begin 1", "renew 1"]);
});

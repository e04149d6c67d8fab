import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { workOn } from "../../components/backfill/pipeline";
import type { Batch } from "../../components/backfill/stages/batch";

/** A batch of records that have nothing but keys. */
function batch(...keys: string[]): Batch {
  const records = keys.map((key) => ({ key }));
  return { role: "logs", records, reached: [] } as unknown as Batch;
}

const name = ({ records }: Batch) => records.map(({ key }) => key).join("");

async function worked(batches: Batch[], delays: number[]) {
  const log: string[] = [];
  const asList = async function* () {
    yield* batches;
    await Promise.resolve();
  };
  const work = async (one: Batch) => {
    log.push(`begin ${name(one)}`);
    await wait(delays[batches.indexOf(one)]);
    log.push(`end ${name(one)}`);
  };
  const done = (one: Batch) => Promise.resolve(void log.push(`done ${name(one)}`));
  await workOn(asList(), work, done);
  return log;
}

it("two batches are under way at once, and are done in their order", async () => {
  const log = await worked([batch("a"), batch("b"), batch("c")], [40, 0, 0]);
  expect(log.slice(0, 5)).toEqual(["begin a", "begin b", "end b", "end a", "done a"]);
  expect(log.indexOf("begin c")).toBeGreaterThan(log.indexOf("done a"));
  expect(log.filter((line) => line.startsWith("done"))).toEqual(["done a", "done b", "done c"]);
});

it("a batch with a key of one under way waits for it", async () => {
  const log = await worked([batch("a", "b"), batch("b", "c")], [20, 0]);
  expect(log.indexOf("begin bc")).toBeGreaterThan(log.indexOf("end ab"));
});

it("what fails is thrown, and nothing after it is done", async () => {
  const done: string[] = [];
  const asList = async function* () {
    yield* [batch("a"), batch("b"), batch("c")];
    await Promise.resolve();
  };
  const failing = workOn(
    asList(),
    (one) => (name(one) === "a" ? Promise.reject(new Error("no space left")) : Promise.resolve()),
    (one) => Promise.resolve(void done.push(name(one))),
  );
  await expect(failing).rejects.toThrow("no space left");
  expect(done).toEqual([]);
});

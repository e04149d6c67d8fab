import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { TestProject } from "vitest/node";
import { clusterPool } from "./clusters";
import { givenPool, serverPool } from "./servers";
import type { PoolAnswer, Lent, Pool, Wanted } from "./pool";

declare module "vitest" {
  interface ProvidedContext {
    /** The port of 127.0.0.1 on which the pool of servers and control planes lends them. */
    readonly pool: number;
  }
}

/**
 * Lends servers and control planes to the files of a run, each to one file at a time. They are started
 * when they are asked for, so that tests which need none wait for none, and stopped after the run. A
 * file has what it was lent until its connection closes, also where it is killed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "pool-"));
  const server = serverPool(folder);
  const pools = { server, databases: givenPool() ?? server, cluster: clusterPool(folder) };
  const lender = createServer((socket) => void serve(socket, pools));
  lender.listen(0, "127.0.0.1");
  await once(lender, "listening");
  project.provide("pool", (lender.address() as AddressInfo).port);
  return async () => {
    lender.close();
    await Promise.all([...new Set(Object.values(pools))].map((pool) => pool.close()));
    await rm(folder, { recursive: true, force: true });
  };
}

/** A line asks for one thing, which the connection then has; more lines stop and start it. */
async function serve(socket: Socket, pools: Readonly<Record<Wanted, Pool>>): Promise<void> {
  let taken: { readonly pool: Pool; readonly lent: Lent } | undefined;
  socket.on("error", () => socket.destroy());
  const answer = (line: PoolAnswer) => socket.write(`${JSON.stringify(line)}\n`);
  for await (const line of createInterface(socket)) {
    try {
      if (line === "stop" || line === "start") await taken?.lent[line]?.();
      else taken = await takenFrom(pools[line as Wanted]);
      answer({ has: taken?.lent.facts ?? {} });
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  if (taken) taken.pool.takeBack(taken.lent);
}

const takenFrom = async (pool: Pool) => ({ pool, lent: await pool.lend() });

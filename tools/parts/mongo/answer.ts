import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient, MongoServerError } from "mongodb";
import { hasEnded, lastWords } from "../child";
import { PartError } from "../error";

/** How long a server may take to open its data, in milliseconds. */
const limit = 60_000;

/**
 * Waits until a server that was just started answers a ping.
 *
 * @param name of the server, for the error
 * @param log the file of its output
 * @throws PartError with its last words if it ends or does not answer in a minute
 */
export async function untilItAnswers(
  uri: string,
  child: ChildProcess,
  name: string,
  log: string,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await answers(uri))) {
    await sleep(50);
    const ended = hasEnded(child);
    if (!ended && Date.now() < deadline) continue;
    child.kill();
    const found = ended ? "ended at once" : `did not answer in ${limit / 1000} s`;
    throw new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
  }
}

async function answers(uri: string): Promise<boolean> {
  const options = { directConnection: true, serverSelectionTimeoutMS: 1000 };
  const client = new MongoClient(uri, options);
  try {
    await client.db("admin").command({ ping: 1 });
    return true;
  } catch (error) {
    // One that asks for a login first answers, too.
    return error instanceof MongoServerError;
  } finally {
    await client.close();
  }
}

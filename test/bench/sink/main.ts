/**
 * Starts the sink and a way to it that takes time, until it is stopped:
 *
 *     npx tsx test/bench/sink/main.ts                      the sink, at 0 ms and at 50 ms
 *     npx tsx test/bench/sink/main.ts --delay 100          at 0 ms and at 200 ms
 *     npx tsx test/bench/sink/main.ts --to 27017           no sink: another server of this machine
 *
 * It prints one line of JSON with the connection strings: `{ "near": "mongodb://...", "far": "..." }`.
 * Both go through a proxy, so that only the time differs. `db.admin().command({ serverStatus: 1 })`
 * says how often each command came, and how many documents were written.
 *
 * For 10^5 runs and more: `node --max-old-space-size=8192 --import tsx test/bench/sink/main.ts`.
 */
import { parseArgs } from "node:util";
import { startDelay } from "./delay";
import { startSink } from "./server";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { delay: { type: "string", default: "25" }, to: { type: "string" } },
  });
  const port = values.to === undefined ? (await startSink()).port : Number(values.to);
  const uriOf = async (delayMs: number) =>
    `mongodb://127.0.0.1:${String((await startDelay(port, delayMs)).port)}/?directConnection=true`;
  console.log(JSON.stringify({ near: await uriOf(0), far: await uriOf(Number(values.delay)) }));
}

void main();

/** What `make bench` does. It exits with 1 where a bar is missed or something failed. */
import { join } from "node:path";
import { startMongo } from "../tools/parts";
import { missedInWords } from "./bars";
import { measureCurve } from "./curve";
import { inputsIn, temporaryFolder } from "./inputs";
import { measureRatios } from "./ratios";

/** BENCH=full takes a quarter of an hour and some 3 GB below the temporary folder. */
const full = process.env.BENCH === "full";
const sinkLines = [1e4, 1e5, 1e6, ...(full ? [1e7] : [])];
const serverLines = [1e4, 1e5, ...(full ? [1e6] : [])];
const ratioLines = 1e5;

async function bench(): Promise<string[]> {
  const folder = temporaryFolder();
  const inputs = await inputsIn(folder, sinkLines);
  const bars = await measureCurve(inputs, sinkLines);
  const server = await startMongo({ directory: join(folder, "data") });
  try {
    const compared = inputs.lines.get(ratioLines);
    if (compared) bars.push(...(await measureRatios(compared, server)));
    bars.push(...(await measureCurve(inputs, serverLines, server)));
  } finally {
    await server.stop();
  }
  return missedInWords(bars);
}

bench().then(
  (missed) => {
    if (missed.length === 0) console.log("\nAll bars are reached.");
    else console.error(`\nMissed:\n${missed.map((one) => `  ${one}`).join("\n")}`);
    process.exitCode = missed.length === 0 ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);

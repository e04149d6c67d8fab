/** `make bench`. Exits with 1 if a bar is missed or a measurement fails. */
import { join } from "node:path";
import { startMongo } from "../../tools/parts";
import { describeMissed, type Bar } from "./bars";
import { measureBounded } from "./bounded";
import { measureCurve } from "./curve";
import { inputsIn, linesIn, temporaryFolder } from "./inputs";
import { measureRatios } from "./ratios";
import { measureStartUp } from "./start-up";
import { measureRollback, measureTransfer, type TransferSizes } from "./transfer";

/** BENCH=full takes an hour and 6 GB in the temporary folder; RUNS sets the number of runs. */
const full = process.env.BENCH === "full";
const runs = Number(process.env.RUNS ?? (full ? 1e5 : 1e3));
const sinkLines = [1e4, 1e5, 1e6, ...(full ? [1e7] : [])];
const serverLines = [1e4, 1e5, ...(full ? [1e6] : [])];
const comparedLines = 1e5;
const transferred: TransferSizes = {
  runs,
  changed: 100,
  rolledBack: full ? 1e4 : 1e3,
  tiny: full ? 1e6 : 3e4,
};

/** The parts of the bench; ONLY=transfer selects one. */
const parts: Readonly<Record<string, (folder: string) => Promise<Bar[]>>> = {
  import: async (folder) => {
    const inputs = await inputsIn(folder, sinkLines);
    const bars = await measureCurve(inputs, sinkLines);
    const server = await startMongo({ directory: join(folder, "data") });
    try {
      const compared = inputs.lines.get(comparedLines);
      if (compared) bars.push(...(await measureRatios(compared, server)));
      bars.push(...(await measureCurve(inputs, serverLines, server)));
    } finally {
      await server.stop();
    }
    return bars;
  },
  transfer: async (folder) => {
    const lines = await linesIn(folder, comparedLines);
    const bars = await measureTransfer(folder, lines, transferred);
    const server = await startMongo({ directory: join(folder, "rollback-data") });
    try {
      await measureRollback(folder, server, transferred);
    } finally {
      await server.stop();
    }
    return bars;
  },
  bounded: async (folder) => {
    const server = await startMongo({ directory: join(folder, "bounded-data") });
    const sizes = { runs: Number(process.env.RUNS ?? (full ? 1e6 : 1e3)), changed: 100 };
    return measureBounded(join(folder, "bounded"), server, sizes).finally(() => server.stop());
  },
  "start-up": measureStartUp,
};

async function bench(): Promise<string[]> {
  const folder = temporaryFolder();
  const bars: Bar[] = [];
  for (const [name, measurePart] of Object.entries(parts)) {
    if ((process.env.ONLY ?? name) === name) bars.push(...(await measurePart(folder)));
  }
  return describeMissed(bars);
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

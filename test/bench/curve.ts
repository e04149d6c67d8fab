import type { MongoServer } from "../../tools/parts";
import { mostCpuSeconds, mostMb, mostMbOfLines, mostMbWithLargest, type Bar } from "./bars";
import type { Input, Inputs } from "./inputs";
import { measure } from "./run";
import { printTable, formatWhole } from "./table";
import type { Measured } from "./task";

/** From this size on the start and the JIT's warm-up matter little. */
const manyLines = 1e6;

/**
 * Imports logs of growing size, and large records, into a sink without latency or into a server, each in its own
 * process.
 *
 * @param sizes of the logs, in lines
 * @returns the bars of memory and, against the sink, of CPU
 */
export async function measureCurve(
  { lines, many, one }: Inputs,
  sizes: readonly number[],
  server?: MongoServer,
): Promise<Bar[]> {
  const rows = [["", "records/s", "CPU s", "CPU s per 10^6 records", "peak MB"]];
  const bars: Bar[] = [];
  const into = server ? `into ${server.name}` : "into the sink";
  for (const input of [...sizes.flatMap((size) => lines.get(size) ?? []), many, one]) {
    const { elapsedMs, cpuMs, peakMb } = await measureAll(input, server);
    const perMillion = (cpuMs * 1e3) / input.records;
    const perSecond = (input.records * 1_000) / elapsedMs;
    const numbers = [(cpuMs / 1_000).toFixed(1), perMillion.toFixed(1), formatWhole(peakMb)];
    rows.push([input.name, formatWhole(perSecond), ...numbers]);
    const what = `${input.name} ${into}`;
    const areLines = !server && lines.get(input.records) === input;
    const atMost = input === one ? mostMbWithLargest : areLines ? mostMbOfLines : mostMb;
    bars.push({ what: `peak MB of ${what}`, found: peakMb, atMost });
    if (areLines && input.records >= manyLines) {
      bars.push({ what: `CPU s per 10^6 of ${what}`, found: perMillion, atMost: mostCpuSeconds });
    }
  }
  printTable(`The import ${into} (to reach: ${toReach(server)})`, rows);
  return bars;
}

function toReach(server: MongoServer | undefined): string {
  const memory = `${mostMb} MB, ${mostMbWithLargest} MB with 16 MiB`;
  const ofLines = `${mostMbOfLines} MB and, from 10^6 on, ${mostCpuSeconds} s of CPU per 10^6 lines`;
  return server ? memory : `${ofLines}; ${memory} else`;
}

async function measureAll(input: Input, server: MongoServer | undefined): Promise<Measured> {
  return requireAllRecords(input, await measure(server ? "pipeline" : "sink", input.root, server));
}

/**
 * A measurement whose records all arrived.
 *
 * @throws Error if some are missing
 */
export function requireAllRecords({ name, records }: Input, measured: Measured): Measured {
  if (measured.records === records) return measured;
  throw new Error(
    `Measuring ${name}: only ${measured.records} of ${records} records came through, so that the ` +
      "numbers mean nothing.",
  );
}

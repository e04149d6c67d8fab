import { collectionRoles } from "../components/contract";
import { everyTenSeconds } from "../components/text";
import {
  type RoleCounts,
  type Section,
  type Tally,
  listSections,
  sumCounts,
} from "../components/transfer";
import type { CommonOptions } from "./command";

/** Prints a command's result: JSON for a script, text for a person. */
export function print({ json }: CommonOptions, asJson: object, text: string): void {
  console.log(json ? JSON.stringify(asJson, undefined, 2) : text);
}

/** Does some work and prints its progress to standard error every ten seconds. */
export async function withProgress<Report>(
  { quiet }: CommonOptions,
  name: string,
  work: (watch: (tally: Tally) => void) => Promise<Report>,
): Promise<Report> {
  if (quiet) return work(() => undefined);
  let stop: (() => void) | undefined;
  const watch = (tally: Tally) => {
    stop = everyTenSeconds((seconds) => {
      const sofar = { records: sumCounts(tally.counts, "records"), bytes: tally.bytes };
      console.error(`${name}: ${describeProgress(sofar, seconds)}`);
    });
  };
  return work(watch).finally(() => stop?.());
}

/** Progress as text: `12,000 records, 5.1 MB, 1,200 records/s`. */
export function describeProgress(
  { records, bytes }: { readonly records: number; readonly bytes: number },
  seconds: number,
): string {
  if (records === 0) return `${formatSize(bytes)}, ${formatSize(bytes / seconds)}/s`;
  const read = bytes > 0 ? `, ${formatSize(bytes)}` : "";
  return `${formatNumber(records)} records${read}, ${formatNumber(records / seconds)} records/s`;
}

/** Bytes as a person reads them: `51 kB`, `12.3 MB`, `3.2 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A number with its thousands apart: `31,531`. */
export function formatNumber(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** A report for a person; its table has a row for each collection. */
interface ReportText<Count extends string> {
  readonly title: string;
  /** The heading of each count. */
  readonly columns: Readonly<Record<Count, string>>;
  readonly lines: readonly string[];
  readonly sections: readonly Section[];
  readonly ending?: string | undefined;
}

/** Prints a report, with the first cases of each section. */
export function printReport<Count extends string>(
  options: CommonOptions,
  report: RoleCounts<Count>,
  { title, columns, lines, sections, ending }: ReportText<Count>,
): void {
  const parts = [title, "", formatTable(report, columns), "", ...lines, ...listSections(sections)];
  print(options, report, [...parts, ...(ending === undefined ? [] : ["", ending])].join("\n"));
}

function formatTable<Count extends string>(
  report: RoleCounts<Count>,
  columns: Readonly<Record<Count, string>>,
): string {
  const names = Object.keys(columns) as Count[];
  const rows = [
    ["", ...names.map((name) => columns[name])],
    ...collectionRoles.map((role) => [
      role,
      ...names.map((name) => formatNumber(report[role][name])),
    ]),
  ];
  const widths = names.map((_name, at) => Math.max(...rows.map((row) => row[at + 1]?.length ?? 0)));
  return rows
    .map(([role = "", ...cells]) => {
      const padded = cells.map((cell, at) => cell.padStart(widths[at] ?? 0));
      return `${role.padEnd(9)}  ${padded.join("  ")}`;
    })
    .join("\n");
}

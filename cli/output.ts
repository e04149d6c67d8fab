import { collectionRoles } from "../components/contract";
import { formatNumber } from "../components/text";
import { type RoleCounts, type Section, listSections } from "../components/transfer";
import type { CommonOptions } from "./command";

/** Prints a command's result: JSON for a script, text for a person. */
export function print({ json }: CommonOptions, asJson: object, text: string): void {
  console.log(json ? JSON.stringify(asJson, undefined, 2) : text);
}

/** Prints lines of progress to standard error, unless the command is quiet. */
export const progressPrinter =
  ({ quiet }: CommonOptions) =>
  (line: string): void => {
    if (!quiet) console.error(line);
  };

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

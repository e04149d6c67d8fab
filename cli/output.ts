import { collectionRoles, type CollectionRole } from "../components/contract";
import { formatNumber, formatRows } from "../components/text";
import {
  type Counts,
  type Pass,
  type RoleCounts,
  type Section,
  listSections,
  outcomeWords,
} from "../components/transfer";
import type { CommonOptions } from "./command";
import { toJson, type JsonName, type JsonValue } from "./json";

/** Prints a command's result: JSON of its schema for a script, text for a person. */
export function print<Name extends JsonName>(
  { json }: CommonOptions,
  name: Name,
  asJson: JsonValue<Name>,
  text: string,
): void {
  console.log(json ? toJson(name, asJson) : text);
}

/** Prints lines of progress to standard error, unless the command is quiet. */
export const progressPrinter =
  ({ quiet }: CommonOptions) =>
  (line: string): void => {
    if (!quiet) console.error(line);
  };

/** A report for a person; its table has a row for each collection. */
interface ReportText<Of extends Pass> {
  readonly pass: Of;
  readonly title: string;
  readonly lines: readonly string[];
  readonly sections: readonly Section[];
  readonly ending?: string | undefined;
}

/** Prints a report, with the first cases of each section. */
export function printReport<Name extends JsonName, Of extends Pass>(
  options: CommonOptions,
  name: Name,
  report: JsonValue<Name> & RoleCounts<string & keyof Counts<Of>>,
  { pass, title, lines, sections, ending }: ReportText<Of>,
): void {
  const table = formatTable(report, outcomeWords[pass]);
  const parts = [title, "", table, "", ...lines, ...listSections(sections)];
  print(
    options,
    name,
    report,
    [...parts, ...(ending === undefined ? [] : ["", ending])].join("\n"),
  );
}

/** The most columns of a terminal that a table takes. */
const maxWidth = 80;

// A table that is too wide has a column for each collection instead.
function formatTable<Count extends string>(
  report: RoleCounts<Count>,
  words: Readonly<Record<Count, { readonly column: string }>>,
): string {
  const names = Object.keys(words) as Count[];
  const counts = (role: CollectionRole) => names.map((name) => formatNumber(report[role][name]));
  const rows = [
    ["", ...names.map((name) => words[name].column)],
    ...collectionRoles.map((role) => [role, ...counts(role)]),
  ];
  const table = formatRows(rows);
  if (table.indexOf("\n") <= maxWidth) return table;
  return formatRows((rows[0] ?? []).map((_, at) => rows.map((row) => row[at] ?? "")));
}

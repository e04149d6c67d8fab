import { collectionRoles, type CollectionRole } from "../components/contract";

export { duration, size } from "../components/review";

const namedCases = 10;

/** A number with its thousands apart: `31,531`. */
export function whole(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** A table with a row for each collection and a column for each count. */
export function countsTable<Count extends string>(
  report: Readonly<Record<CollectionRole, Readonly<Record<NoInfer<Count>, number>>>>,
  columns: Readonly<Record<Count, string>>,
): string {
  const names = Object.keys(columns) as Count[];
  const rows = [
    ["", ...names.map((name) => columns[name])],
    ...collectionRoles.map((role) => [role, ...names.map((name) => whole(report[role][name]))]),
  ];
  const widths = names.map((_name, at) => Math.max(...rows.map((row) => row[at + 1]?.length ?? 0)));
  return rows
    .map(([role = "", ...cells]) => {
      const padded = cells.map((cell, at) => cell.padStart(widths[at] ?? 0));
      return `${role.padEnd(9)}  ${padded.join("  ")}`;
    })
    .join("\n");
}

/** The sum of a count over all collections. */
export function sumOf<Count extends string>(
  report: Readonly<Record<CollectionRole, Readonly<Record<NoInfer<Count>, number>>>>,
  count: Count,
): number {
  return collectionRoles.reduce((sum, role) => sum + report[role][count], 0);
}

/** The first cases as indented lines below a heading; none where there are none. */
export function describeCases(heading: string, cases: readonly string[], total: number): string[] {
  if (total === 0) return [];
  const first = cases.slice(0, namedCases).map((one) => `  ${one}`);
  const more = total - first.length;
  return ["", `${heading}:`, ...first, ...(more > 0 ? [`  and ${whole(more)} more`] : [])];
}

import type { CollectionRole, StateFolders } from "../../contract";
import { type Finding, formatCount, nameFirst } from "../../text";

/** A line for the engine's log, or what somebody has to know. */
export type StepMessage = string | Finding;

/** The maximum number of single cases that a sentence names. */
const namedCases = 5;

const nouns: Readonly<Record<CollectionRole, readonly [one: string, many: string]>> = {
  runs: ["run", "runs"],
  logs: ["log entry", "log entries"],
  artifacts: ["artifact", "artifacts"],
  approvals: ["approval", "approvals"],
};

/** The first cases, and how many more there are. */
export function formatCases(cases: readonly string[], total: number): string {
  return nameFirst(cases, namedCases, total);
}

/** A line if there are cases. */
export function ifAny<Line extends StepMessage>(count: number, line: () => Line): Line[] {
  return count === 0 ? [] : [line()];
}

/** A number of records, such as `1,234 log entries`. */
export function formatRecords(count: number, role: CollectionRole): string {
  return formatCount(count, ...nouns[role]);
}

/** A line about runs, if there are any, with the first of their ids. */
export function ofRuns<Line extends StepMessage>(
  runIds: readonly string[],
  line: (runs: string, names: string) => Line,
): Line[] {
  const { length } = runIds;
  return ifAny(length, () => line(formatRecords(length, "runs"), formatCases(runIds, length)));
}

/** Tells whether a path in the state directory belongs to a collection. */
export const isOf = (role: CollectionRole, folders: StateFolders) => {
  const folder = `${folders[role] ?? ""}/`;
  return ({ file }: { readonly file: string }) => file.startsWith(folder);
};

/** The way on if the last rollback exported nothing. */
export const exportFirst =
  "The last rollback exported nothing, so MongoDB may have what the files lack: run `taskrunner-storage export`, then " +
  "`pulumi up` again.";

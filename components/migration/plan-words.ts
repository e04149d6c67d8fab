import type { Change } from "./planner/change";
import { changeAsJson, changeInWords } from "./planner/change-words";
import { toCommands } from "./planner/commands";
import { dataIssueInWords } from "./issues/data-issue-words";
import type { Plan } from "./plan";

/** A plan on one screen: changes with their reasons and risks, what is left alone, data issues. */
export function planInWords(
  database: string,
  { changes, foreign, issues }: Omit<Plan, "checksum">,
): string {
  const todo = changes.length === 0 ? "nothing to do" : `${changes.length} changes`;
  return [
    `Database ${database}: ${todo}.`,
    ...changes.map((change) => `  ${changeInWords(change)}${why(change)}${risks(change)}`),
    ...foreign.map((change) => `  ${changeInWords(change)}: ${change.reason}`),
    ...issues.map((issue) => `\n${dataIssueInWords(issue)}`),
  ].join("\n");
}

/** That a thing does not exist is reason enough to create it. */
function why({ kind, reason }: Change): string {
  return kind.startsWith("create") ? "" : `, because ${reason}`;
}

function risks(change: Change): string {
  const commands = toCommands(change);
  const blocks = commands.some(({ blocksWrites }) => blocksWrites);
  return blocks ? "; writers wait while it runs" : "";
}

/** A plan for scripts; one of a database that was not looked at has no checksum. */
export function planAsJson({
  checksum,
  changes,
  foreign,
  issues,
}: Omit<Plan, "checksum"> & Partial<Pick<Plan, "checksum">>): object {
  return {
    ...(checksum !== undefined && { checksum }),
    changes: changes.map(changeAsJson),
    leftAlone: foreign.map(changeAsJson),
    issues,
  };
}

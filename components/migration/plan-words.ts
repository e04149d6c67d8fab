import { describeDataIssue, describeNotChecked } from "./issues/data-issues";
import type { Plan } from "./plan";
import { describeChange, type Change } from "./planner/change";
import { toCommands } from "./planner/commands";

/** A plan on one screen: changes with their reasons and risks, what stays as it is, data issues. */
export function describePlan(
  database: string,
  { changes, foreign, issues, notChecked }: Omit<Plan, "checksum">,
): string {
  const todo = changes.length === 0 ? "nothing to do" : `${changes.length} changes`;
  return [
    `Database ${database}: ${todo}.`,
    ...changes.map((change) => `  ${describeChange(change)}${why(change)}${risks(change)}`),
    ...foreign.map((change) => `  ${describeChange(change)}: ${change.reason}`),
    ...issues.map((issue) => `\n${describeDataIssue(issue)}`),
    ...notChecked.map((one) => `\n${describeNotChecked(one)}`),
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
  notChecked,
}: Omit<Plan, "checksum"> & Partial<Pick<Plan, "checksum">>): object {
  return {
    ...(checksum !== undefined && { checksum }),
    changes: changes.map(changeAsJson),
    leftAlone: foreign.map(changeAsJson),
    issues,
    notChecked: notChecked.map(describeNotChecked),
  };
}

/** A change for scripts: with its reason, its risks and its commands. */
function changeAsJson(change: Change): object {
  const commands = toCommands(change);
  return {
    kind: change.kind,
    ...placeOf(change),
    title: describeChange(change),
    reason: change.reason,
    blocksWrites: commands.some(({ blocksWrites }) => blocksWrites),
    loses: commands.some(({ loses }) => loses),
    commands: commands.map(({ command }) => command),
  };
}

/** The collection and the index that a change is about. */
function placeOf(change: Change): { readonly collection: string; readonly index?: string } {
  switch (change.kind) {
    case "create collection":
    case "modify validator":
      return { collection: change.wanted.name };
    case "record ledger":
      return { collection: change.ledger };
    case "leave alone": {
      const { collection, index } = change;
      return index === undefined ? { collection } : { collection, index };
    }
    default:
      return { collection: change.wanted.collection, index: change.wanted.name };
  }
}

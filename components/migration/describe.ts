import type { Document } from "mongodb";
import { describeDataIssue, describeNotChecked } from "./issues/data-issues";
import type { Plan } from "./plan";
import { describeChange, type Change } from "./planner/change";
import { toCommands } from "./planner/commands";

/** Describes a plan: changes with reasons and risks, objects that stay as they are, data issues. */
export function describePlan(
  database: string,
  { changes, foreign, issues, notChecked }: Omit<Plan, "checksum">,
): string {
  const describe = (change: Change) => {
    // A creation needs no reason.
    const why = change.kind.startsWith("create") ? "" : `, because ${change.reason}`;
    const blocks = toCommands(change).some(({ blocksWrites }) => blocksWrites);
    return `  ${describeChange(change)}${why}${blocks ? "; writers wait while it runs" : ""}`;
  };
  const todo = changes.length === 0 ? "nothing to do" : `${changes.length} changes`;
  return [
    `Database ${database}: ${todo}.`,
    ...changes.map(describe),
    ...foreign.map((change) => `  ${describeChange(change)}: ${change.reason}`),
    ...issues.map((issue) => `\n${describeDataIssue(issue)}`),
    ...notChecked.map((one) => `\n${describeNotChecked(one)}`),
  ].join("\n");
}

/** A plan as JSON; without a checksum if the database was not inspected. */
export function planAsJson(planned: Omit<Plan, "checksum"> & { checksum?: string }) {
  const { checksum, changes, foreign, issues, notChecked } = planned;
  return {
    ...(checksum !== undefined && { checksum }),
    changes: changes.map(changeAsJson),
    leftAlone: foreign.map(changeAsJson),
    issues: issues.map((issue) => ({ ...issue, text: describeDataIssue(issue) })),
    notChecked: notChecked.map(describeNotChecked),
  };
}

function changeAsJson(change: Change) {
  const commands = toCommands(change);
  return {
    kind: change.kind,
    ...subjectOf(change),
    title: describeChange(change),
    reason: change.reason,
    blocksWrites: commands.some(({ blocksWrites }) => blocksWrites),
    loses: commands.some(({ loses }) => loses),
    commands: commands.map(({ command }): Document => command),
  };
}

function subjectOf(change: Change): { readonly collection: string; readonly index?: string } {
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

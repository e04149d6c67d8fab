import { differencesOf, type Difference } from "./differences";
import { itemized, type Section } from "./fit";
import type { Preview, Step } from "./read/preview";
import { md, table } from "./safe/markdown";
import { shortType } from "./steps";

type Naming = readonly (readonly [input: string, setting: string])[];

const everywhere: Naming = [
  ["mode", "storageMode"],
  ["database", "mongo.database"],
  ["ledger", "advanced.ledger"],
  ["onDataIssue", "migration.onDataIssue"],
  ["timeoutSeconds", "rollout.timeoutSeconds"],
];
const state: Naming = [
  ["root", "backfill.source.path"],
  ["layout", "advanced.layout"],
  ["checkpoints", "advanced.checkpoints"],
  ["heldRuns", "advanced.heldRuns"],
];
/** Which setting an input comes from, by the resource's type. */
const byType: Readonly<Record<string, Naming>> = {
  "mongo:LedgerClaim": [
    ["schema.tenancy", "tenancy"],
    ["schema.validation", "validation"],
    ["schema.collections", "mongo.collections"],
    ["schema.indexNames", "advanced.indexNames"],
    ["schema.approvals", "approvals"],
    ["adopt", "migration.adopt"],
  ],
  "mongo:LogRetention": [["days", "logRetentionDays"]],
  "mongo:Import": state,
  "taskrunner:StateExport": state,
};

/** The settings that change, as they are and as they will be. */
export function settingsSection({ steps }: Preview): Section {
  const changed = new Map(steps.flatMap(changedBy).map((one) => [one.path, one]));
  const rows = [...changed.values()].map(({ path, before, after }) => [
    md`${path}`,
    md`${before ?? "none"}`,
    md`${after ?? "none"}`,
  ]);
  return itemized(rows, "setting", (shown) => table(["setting", "now", "then"], shown));
}

/** What is only made, or goes, has no setting that changes. */
function changedBy(step: Step): Difference[] {
  if (!step.old || !step.new) return [];
  const naming = [...everywhere, ...(byType[shortType(step.type)] ?? [])];
  return differencesOf(step).flatMap(({ path, before, after }) => {
    const found = naming.find(([input]) => path === input || path.startsWith(`${input}.`));
    if (!found) return [];
    const [input, setting] = found;
    const days = (text: string | undefined) =>
      setting === "logRetentionDays" && text === "0" ? undefined : text;
    return [{ path: setting + path.slice(input.length), before: days(before), after: days(after) }];
  });
}

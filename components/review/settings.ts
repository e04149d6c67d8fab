import { differencesOf, formatValue, type Difference } from "./differences";
import { itemize, type Section } from "./fit";
import type { Preview, Step } from "./read/preview";
import { md, table } from "./safe/markdown";
import { shortType } from "./steps";

type Naming = readonly (readonly [input: string, setting: string])[];

const everywhere: Naming = [
  ["database", "mongo.database"],
  ["ledger", "advanced.ledger"],
  ["onDataIssue", "migration.onDataIssue"],
  ["timeoutSeconds", "rollout.timeoutSeconds"],
];
const state: Naming = [
  ["root", "backfill.source.path"],
  ["layout", "advanced.layout"],
  ["checkpoints", "advanced.checkpoints"],
];
const handover: Naming = [
  ...state,
  ["heldRuns", "advanced.heldRuns"],
  ["electionSeconds", "advanced.electionSeconds"],
  ["abandonMongo", "advanced.abandonMongo"],
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
    ["acceptDatabase", "advanced.acceptDatabase"],
  ],
  "mongo:LogRetention": [["days", "logRetentionDays"]],
  "taskrunner:BulkImport": state,
  "taskrunner:Handover": handover,
  "taskrunner:SecondHandover": handover,
  "taskrunner:Verification": state,
  "kubernetes:ReleaseStep": [["step", "rollout.step"]],
};

/** The settings that change, as they are and as they will be; not only of the mode. */
export function settingsSection({ steps }: Preview): Section {
  const changed = new Map(steps.flatMap(findChanges).map((one) => [one.path, one]));
  // The headline says the mode.
  if (changed.size === 1) changed.delete("storageMode");
  const rows = [...changed.values()].map(({ path, before, after }) => [
    md`${path}`,
    md`${before ?? "none"}`,
    md`${after ?? "none"}`,
  ]);
  return itemize(rows, "setting", (shown) => table(["setting", "now", "then"], shown));
}

/** What is only created, or goes, has no setting that changes. */
function findChanges(step: Step): Difference[] {
  if (!step.old || !step.new) return [];
  const naming = [...everywhere, ...(byType[shortType(step.type)] ?? [])];
  const inputs = differencesOf(step).flatMap(({ path, before, after }) => {
    const found = naming.find(([input]) => path === input || path.startsWith(`${input}.`));
    if (!found) return [];
    const [input, setting] = found;
    const days = (text: string | undefined) =>
      setting === "logRetentionDays" && text === "0" ? undefined : text;
    return [{ path: setting + path.slice(input.length), before: days(before), after: days(after) }];
  });
  return [...modeIn(step), ...inputs];
}

const modes: Readonly<Record<string, string>> = { forward: "mongo", back: "filesystem" };

/** The direction of a step comes from the mode; one that rests says nothing of it. */
function modeIn({ old, new: wanted }: Step): Difference[] {
  const [before, after] = [
    modes[formatValue(old?.direction)],
    modes[formatValue(wanted?.direction)],
  ];
  if (before === undefined || after === undefined || before === after) return [];
  return [{ path: "storageMode", before, after }];
}

import type { Colours } from "./colour";
import type { ServiceOutputs, StackOutputs } from "./outputs";
import { type Places, showPath } from "./places";
import { makeCommand } from "./stacks";

/** What a summary tells. */
export interface Facts {
  readonly places: Places;
  readonly changed: boolean;
  readonly outputs: StackOutputs;
  /** Where the database is, without a user; absent if the command did not need one. */
  readonly database?: string | undefined;
  /** The embedded server, such as `SecantusDB 0.7.0b3, process 4711`. */
  readonly server?: string | undefined;
  /** How kubectl is called, of a stack with a Kubernetes. */
  readonly kubectl?: string | undefined;
}

/** What exists now, on one screen: mode, counts on both sides, where to look, how to roll back. */
export function summaryText(facts: Facts, colours: Colours): string {
  const blocks = [
    [heading(facts, colours)],
    countLines(facts.outputs, colours),
    factLines(facts, colours),
    wayLines(facts, colours),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function heading({ places, changed, outputs }: Facts, { bold, green }: Colours): string {
  const works = outputs.storageMode === "mongo" ? "MongoDB" : "files";
  const state = `stack ${places.stack.name}: worker and web work on ${works}`;
  return changed ? bold(green(state)) : bold(`nothing changed; ${state}`);
}

function countLines({ verification, backfill, collections }: StackOutputs, colours: Colours) {
  if (!verification) return [];
  const roles = ["runs", "logs", "artifacts", "approvals"] as const;
  const rows = roles.flatMap((role, at) => {
    const counts = verification[role];
    return counts ? [row(role, counts.files, counts.mongo, collections[at])] : [];
  });
  const left = Object.values(backfill ?? {}).reduce(
    (sum, counts) => sum + (counts?.quarantined ?? 0),
    0,
  );
  return [
    colours.dim(row("", "files", "MongoDB", "collection")),
    ...rows,
    verdict(verification.holds, colours),
    ...(left > 0 ? [colours.red(`${left} records could not be imported`)] : []),
  ];
}

function row(role: string, files: number | string, mongo: number | string, name = ""): string {
  const number = (value: number | string) => String(value).padStart(10);
  return `${role.padEnd(10)}${number(files)}${number(mongo)}   ${name}`.trimEnd();
}

function verdict(holds: boolean, { green, red }: Colours): string {
  return holds
    ? green("verified: every record on disk is in MongoDB")
    : red("not verified: records on disk and in MongoDB differ");
}

function factLines({ places, outputs, database, server }: Facts, { dim }: Colours): string[] {
  const { migration, rollout } = outputs;
  const applied = migration?.appliedAt ? `, applied ${migration.appliedAt}` : "";
  return formatLabels(dim, [
    [
      "database",
      database === undefined ? undefined : [database, server].filter(Boolean).join("; "),
    ],
    ["schema", migration === undefined ? undefined : `${migration.id}${applied}`],
    ["worker", rollout && serviceText(rollout.worker) + stopText(rollout)],
    ["web", rollout && serviceText(rollout.web)],
    ["files", showPath(places, places.state)],
    ["held", describeHeld(outputs, showPath(places, places.state))],
  ]);
}

function serviceText({ mode, file = "", release, namespace, revision }: ServiceOutputs): string {
  if (release === undefined) return `${mode}, ${file}`;
  return `${mode}, release ${release} in namespace ${namespace}, revision ${revision}`;
}

function stopText({ stoppedSeconds }: NonNullable<StackOutputs["rollout"]>): string {
  return stoppedSeconds === undefined ? "" : `; stopped for ${stoppedSeconds} s`;
}

/** The runs that are held because MongoDB was unreachable in the rollback. */
function describeHeld({ storageMode, rollback }: StackOutputs, files: string): string | undefined {
  const held = rollback?.held.length ?? 0;
  if (storageMode !== "filesystem" || held === 0) return undefined;
  const back = `npx taskrunner-storage export --state ${files}`;
  return `${held} runs in ${files}/held, until MongoDB answers: ${back}`;
}

function wayLines(facts: Facts, { dim }: Colours): string[] {
  const { places, outputs, database, server, kubectl } = facts;
  const onMongo = outputs.storageMode === "mongo";
  const make = (target: string) => makeCommand(target, places.stack);
  const log = showPath(places, places.mongoLog);
  const runs = server !== undefined || kubectl !== undefined;
  const look = [database && `mongosh ${database}`, kubectl ? undefined : valuesLook(places)];
  return formatLabels(dim, [
    ["look", look.filter(Boolean).join("; ") || undefined],
    ["pods", kubectl && `${kubectl} ${podsOf(outputs)}`],
    ["roll back", onMongo ? `${make("rollback")} (needs no MongoDB)` : undefined],
    ["go on", onMongo ? undefined : make("up")],
    ["stop", runs ? `${make("down")} (keeps the data; log in ${log})` : undefined],
  ]);
}

function valuesLook(places: Places): string {
  return `diff -r sample/rollout ${showPath(places, places.rollout)}`;
}

function podsOf({ rollout }: StackOutputs): string {
  return `--namespace ${rollout?.worker.namespace ?? "default"} get pods`;
}

type Label = readonly [label: string, text: string | undefined];

function formatLabels(dim: (text: string) => string, labels: readonly Label[]): string[] {
  return labels.flatMap(([label, text]) =>
    text === undefined ? [] : [`${dim(label.padEnd(10))}${text}`],
  );
}

import type { ServiceOutputs, StackOutputs } from "./outputs";
import type { JournalFacts } from "./real-node";
import { makeCommand, type DevPaths, showPath } from "./places";

type Style = (text: string) => string;

/** Text styles; without colours they return the text unchanged. */
export interface Colours {
  readonly bold: Style;
  readonly green: Style;
  readonly red: Style;
  readonly dim: Style;
}

/** Colours on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function coloursFor(
  stream: { readonly isTTY?: boolean },
  variables: { readonly NO_COLOR?: string | undefined },
): Colours {
  const colourful = stream.isTTY === true && !variables.NO_COLOR;
  const style = (code: number) => (text: string) =>
    colourful ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: style(1), green: style(32), red: style(31), dim: style(2) };
}

/** The facts of a summary. */
export interface Facts {
  readonly places: DevPaths;
  readonly changed: boolean;
  readonly outputs: StackOutputs;
  /** The database without a user; absent if the command did not need one. */
  readonly database?: string | undefined;
  /** The embedded server, such as `SecantusDB 0.7.0b3, process 4711`. */
  readonly server?: string | undefined;
  /** The kubectl command line of a stack with a Kubernetes. */
  readonly kubectl?: string | undefined;
  /** What services on a real node executed. */
  readonly journal?: JournalFacts | undefined;
}

/** A summary on one screen: mode, counts on both sides, files to look at, how to roll back. */
export function summaryText(facts: Facts, colours: Colours): string {
  const { places, changed, outputs } = facts;
  const works = outputs.storageMode === "mongo" ? "MongoDB" : "files";
  const state = `stack ${places.stack.name}: worker and web work on ${works}`;
  const { bold, green } = colours;
  const blocks = [
    [changed ? bold(green(state)) : bold(`nothing changed; ${state}`)],
    countLines(facts.outputs, colours),
    factLines(facts, colours),
    journalLines(facts, colours),
    wayLines(facts, colours),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
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
    verification.holds
      ? colours.green("verified: every record on disk is in MongoDB")
      : colours.red("not verified: records on disk and in MongoDB differ"),
    ...(left > 0 ? [colours.red(`${left} records could not be imported`)] : []),
  ];
}

function row(role: string, files: number | string, mongo: number | string, name = ""): string {
  const number = (value: number | string) => String(value).padStart(10);
  return `${role.padEnd(10)}${number(files)}${number(mongo)}   ${name}`.trimEnd();
}

function factLines({ places, outputs, database, server }: Facts, { dim }: Colours): string[] {
  const { migration, rollout, rollback, storageMode } = outputs;
  const applied = migration?.appliedAt ? `, applied ${migration.appliedAt}` : "";
  const seconds = rollout?.stoppedSeconds;
  const stop = seconds === undefined ? "" : `; stopped for ${seconds} s`;
  const files = showPath(places, places.state);
  // Runs held because MongoDB was unreachable in the rollback.
  const held = storageMode === "filesystem" ? (rollback?.held.length ?? 0) : 0;
  const back = `npx taskrunner-storage export --state ${files}`;
  return formatLabels(dim, [
    [
      "database",
      database === undefined ? undefined : [database, server].filter(Boolean).join("; "),
    ],
    ["schema", migration === undefined ? undefined : `${migration.id}${applied}`],
    ["worker", rollout && serviceText(rollout.worker) + stop],
    ["web", rollout && serviceText(rollout.web)],
    ["files", files],
    [
      "held",
      held > 0 ? `${held} runs in ${files}/held, until MongoDB answers: ${back}` : undefined,
    ],
  ]);
}

function journalLines({ journal }: Facts, { green, red }: Colours): string[] {
  if (journal === undefined) return [];
  const { sentence, repeats } = journal;
  return repeats.length === 0 ? [green(sentence)] : [sentence, ...repeats].map(red);
}

function serviceText({ mode, file = "", release, namespace, revision }: ServiceOutputs): string {
  if (release === undefined) return `${mode}, ${file}`;
  return `${mode}, release ${release} in namespace ${namespace}, revision ${revision}`;
}

function wayLines(facts: Facts, { dim }: Colours): string[] {
  const { places, outputs, database, server, kubectl } = facts;
  const onMongo = outputs.storageMode === "mongo";
  const make = (target: string) => makeCommand(target, places.stack);
  const log = showPath(places, places.mongoLog);
  const runs = server !== undefined || kubectl !== undefined;
  // The site's files and the stack's own of each service.
  const values = `tail -n +1 ${showPath(places, places.rollout)}/*.values.yaml`;
  const look = [database && `mongosh ${database}`, kubectl ? undefined : values];
  const namespace = outputs.rollout?.worker.namespace ?? "default";
  return formatLabels(dim, [
    ["look", look.filter(Boolean).join("; ") || undefined],
    ["pods", kubectl && `${kubectl} --namespace ${namespace} get pods`],
    ["roll back", onMongo ? `${make("rollback")} (needs no MongoDB)` : undefined],
    ["go on", onMongo ? undefined : make("up")],
    ["stop", runs ? `${make("down")} (keeps the data; log in ${log})` : undefined],
  ]);
}

type Label = readonly [label: string, text: string | undefined];

function formatLabels(dim: (text: string) => string, labels: readonly Label[]): string[] {
  return labels.flatMap(([label, text]) =>
    text === undefined ? [] : [`${dim(label.padEnd(10))}${text}`],
  );
}

import type { StackOutputs } from "./outputs";
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

/** What an update's own last lines cannot say: the servers of this machine, and the commands of `make`. */
export function summaryText(facts: Facts, colours: Colours): string {
  const blocks = [
    journalLines(facts, colours),
    [colours.bold(`stack ${facts.places.stack.name}`), ...factLines(facts, colours)],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function journalLines({ journal }: Facts, { green, red }: Colours): string[] {
  if (journal === undefined) return [];
  const { sentence, repeats } = journal;
  return repeats.length === 0 ? [green(sentence)] : [sentence, ...repeats].map(red);
}

function factLines(facts: Facts, { dim }: Colours): string[] {
  const { places, outputs, server, kubectl } = facts;
  const onMongo = outputs.storageMode === "mongo";
  const make = (target: string) => makeCommand(target, places.stack);
  const log = showPath(places, places.mongoLog);
  const runs = server !== undefined || kubectl !== undefined;
  // The site's files and the stack's own of each service.
  const values = `tail -n +1 ${showPath(places, places.rollout)}/*.values.yaml`;
  const look = [facts.database && `mongosh ${facts.database}`, kubectl ? undefined : values];
  const namespace = outputs.rollout?.worker.namespace ?? "default";
  const database = [facts.database, server].filter(Boolean).join("; ");
  const labels: readonly Label[] = [
    ["database", database || undefined],
    ["files", showPath(places, places.state)],
    ["look", look.filter(Boolean).join("; ") || undefined],
    ["pods", kubectl && `${kubectl} --namespace ${namespace} get pods`],
    ["roll back", onMongo ? `${make("rollback")} (needs no MongoDB)` : undefined],
    ["go on", onMongo ? undefined : `${make("up")} (sets storageMode and cutover)`],
    ["stop", runs ? `${make("down")} (keeps the data; log in ${log})` : undefined],
  ];
  return labels.flatMap(([label, text]) =>
    text === undefined ? [] : [`${dim(label.padEnd(10))}${text}`],
  );
}

type Label = readonly [label: string, text: string | undefined];

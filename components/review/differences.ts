import { unknownValue } from "../step";
import { andMore, compareValues } from "../text";
import type { Properties, PreviewStep } from "./read";
import { join, md, ours, type Markdown } from "./safe/markdown";

/** A changed input, by its dotted path; a side is undefined if it lacks the input. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

// Inputs that no setting chooses: the code, counters, the direction, and those that no step compares.
const hidden = new Set([
  "__provider",
  "uri",
  "direction",
  "cutover",
  "gate",
  "job",
  "resourceNames",
  "cutoverAt",
  "workerModes",
  "clusterIdentity",
  // The verdict and the target name them once.
  "database",
  "hosts",
  "importedAt",
  "requests",
  "seen",
  "canary",
  "canaryAt",
  "drainSnapshot",
  "checksum",
  // The steps that write them show their changes.
  "files",
  "timeouts",
  "ended",
  "endedAt",
  "requestedAt",
  "stoppedAt",
]);

/** The changed leaves of a step's inputs. */
export function compareInputs({ old, new: wanted, operation, type }: PreviewStep): Difference[] {
  const isTakenOver = operation === "import" && type.startsWith("mongodbatlas:");
  if (isTakenOver && !old) return [];
  const selectVisible = (inputs: Properties = {}) =>
    Object.fromEntries(Object.entries(inputs).filter(([key]) => !hidden.has(key)));
  const all = compareValues(selectVisible(old), selectVisible(wanted), listMembers)
    .filter(({ after }) => after !== unknownValue)
    .map(({ path, before, after }) => {
      return { path, before: formatValue(before), after: formatValue(after) };
    });
  // Atlas keeps what the settings do not name. The import does not return settings that are off by default.
  const isChosen = ({ before = "false", after }: Difference) =>
    after !== undefined && after !== before;
  return isTakenOver ? all.filter(isChosen) : all;
}

function listMembers(value: unknown): Properties | undefined {
  if (typeof value !== "object" || value === null || findSecretKey(value)) return undefined;
  if (Array.isArray(value) && value.every(isVariable))
    return Object.fromEntries(
      value.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
    );
  if (Array.isArray(value) && value.every(isPrivilege)) return groupPrivileges(value);
  return { ...value };
}

/** A privilege of a role, as Atlas has it. */
interface Privilege {
  readonly action: string;
  readonly resources: readonly {
    readonly databaseName: string;
    readonly collectionName?: string;
  }[];
}

function isPrivilege(member: unknown): member is Privilege {
  const { action, resources } = Object(member) as Partial<Privilege>;
  const isNamed = (one: unknown) =>
    typeof (Object(one) as Privilege["resources"][number]).databaseName === "string";
  return typeof action === "string" && Array.isArray(resources) && resources.every(isNamed);
}

// What a role may do, by collection.
function groupPrivileges(privileges: readonly Privilege[]): Properties {
  const actions = new Map<string, string[]>();
  for (const { action, resources } of privileges) {
    for (const { databaseName, collectionName = "" } of resources) {
      const place = `${databaseName}.${collectionName === "" ? "*" : collectionName}`;
      actions.set(place, [...(actions.get(place) ?? []), action]);
    }
  }
  return Object.fromEntries([...actions].map(([place, all]) => [place, all.join(", ")]));
}

interface Variable {
  readonly name: string;
  readonly value?: unknown;
  readonly valueFrom?: unknown;
}

function isVariable(member: unknown): member is Variable {
  const { name, ...others } = Object(member) as Partial<Variable>;
  return typeof name === "string" && ("value" in others || "valueFrom" in others);
}

interface Reference {
  readonly valueFrom?: Reference;
  readonly secretKeyRef?: { readonly name?: unknown; readonly key?: unknown };
}

// The Secret that a variable refers to. Its value is never part of the preview.
function findSecretKey(value: object): Reference["secretKeyRef"] {
  const { valueFrom, secretKeyRef } = value as Reference;
  return secretKeyRef ?? valueFrom?.secretKeyRef;
}

/** An input as text; undefined if absent. */
export function formatValue(value: unknown): string | undefined {
  if (value === unknownValue) return "(known in up)";
  if (value === undefined || typeof value === "string") return value;
  const secret = findSecretKey(Object(value) as object);
  if (!secret) return JSON.stringify(value);
  return `(Secret ${formatValue(secret.name) ?? "?"}, key ${formatValue(secret.key) ?? "?"})`;
}

// The stack's variables of a service, at any path of a file or a chart.
const ourVariable = /[^.]+__Storage__[^.]+$/;

/** Separates the stack's variables of a service, by their names, from all other differences. */
export function splitDifferences(all: readonly Difference[]) {
  const variables = all.flatMap((one) =>
    (ourVariable.exec(one.path) ?? []).map((path) => ({ ...one, path })),
  );
  return { variables, others: all.filter(({ path }) => !ourVariable.test(path)) };
}

/** Differences as the lines of a diff: `- NAME=before`, `+ NAME=after`. */
export function diffLines(differences: readonly Difference[], between: string): string[] {
  return differences.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path}${between}${before}`]),
    ...(after === undefined ? [] : [`+ ${path}${between}${after}`]),
  ]);
}

/** The first six differences in one line, such as `instanceSize M10 → M30`, and the number of the others. */
export function describeDifferences(differences: readonly Difference[]): Markdown {
  const shown = differences.slice(0, 6).map(({ path, before, after }) => {
    // The folded diff has the whole path, with the position in a list.
    const name = path.replace(/^.*\.\d+\.(?=.)/, "");
    if (before === undefined) return md`${name} ${after ?? ""}`;
    return after === undefined ? md`${name} ${before} → none` : md`${name} ${before} → ${after}`;
  });
  return join([...shown, ...andMore(differences.length - shown.length).map(ours)], ", ");
}

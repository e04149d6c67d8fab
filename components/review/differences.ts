import { isDeepStrictEqual } from "node:util";
import type { Properties, Step } from "./read/preview";

/** One input that differs, by its path with dots; undefined where it is not there. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Inputs that nobody chooses: the code, counters, the direction, and what no step compares. */
const hidden = new Set([
  ...["__provider", "uri", "direction", "cutover", "job", "toolVersion", "resourceNames"],
  ...["fencedAt", "requests", "drains"],
]);

/** How the engine writes a value that is known only in `up`. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What differs in a step's inputs, leaf by leaf; nothing that is as it was. */
export function differencesOf({ old, new: wanted }: Pick<Step, "old" | "new">): Difference[] {
  return compareValues(selectVisible(old), selectVisible(wanted), "");
}

function selectVisible(inputs: Properties = {}): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !hidden.has(key)));
}

function compareValues(before: unknown, after: unknown, path: string): Difference[] {
  if (isDeepStrictEqual(before, after) || after === unknown) return [];
  const keys = [
    ...new Set([before, after].flatMap((side) => (isOpen(side) ? Object.keys(side) : []))),
  ];
  if (keys.length === 0 || [before, after].some((side) => side !== undefined && !isOpen(side))) {
    return [{ path, before: textOf(before), after: textOf(after) }];
  }
  const [olds, news] = [before ?? {}, after ?? {}] as [Properties, Properties];
  return keys.flatMap((key) =>
    compareValues(olds[key], news[key], path === "" ? key : `${path}.${key}`),
  );
}

/** An object or a list, whose members are compared. */
function isOpen(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A value as a text; undefined where there is none. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === unknown) return "(known in up)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An input as a text; empty where it is not there. */
export function formatValue(value: unknown): string {
  return textOf(value) ?? "";
}

type Variables = ReadonlyMap<string, string>;

/**
 * What changes in the environment of a service, as the lines of a diff: `- NAME=before`,
 * `+ NAME=after`. Empty where nothing does, or where the step has none.
 */
export function environmentDiff({ old, new: wanted }: Pick<Step, "old" | "new">): string[] {
  const [before, after] = [variablesOf(old), variablesOf(wanted)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    return [
      ...(was === undefined ? [] : [`- ${name}=${was}`]),
      ...(is === undefined ? [] : [`+ ${name}=${is}`]),
    ];
  });
}

/** The inputs without the environment, which is shown for itself. */
export function withoutEnvironment(inputs: Properties = {}): Properties {
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([key]) => key !== "environment")
      .map(([key, value]) => [key, key === "values" ? withoutVariables(value) : value]),
  );
}

/** The variables of a values file, or in the values of a release, wherever its chart has them. */
function variablesOf({ environment, values }: Properties = {}): Variables {
  return new Map([...entriesIn(environment), ...listsIn(values)].map(([n, v]) => [n, valueOf(v)]));
}

function entriesIn(map: unknown): [string, unknown][] {
  return isObject(map) ? Object.entries(map) : [];
}

function listsIn(values: unknown): [string, unknown][] {
  if (isVariables(values)) return entriesOf(values);
  if (typeof values !== "object" || values === null) return [];
  return Object.values(values).flatMap((member) => listsIn(member));
}

function withoutVariables(values: unknown): unknown {
  if (isVariables(values)) return undefined;
  if (!isObject(values)) return values;
  const kept = Object.entries(values).map(([key, member]) => [key, withoutVariables(member)]);
  return Object.fromEntries(kept) as object;
}

/** A list as a container has it, or a map that holds the mode, which every environment of ours has. */
function isVariables(values: unknown): values is object {
  if (Array.isArray(values)) return values.length > 0 && values.every(isVariable);
  return isObject(values) && Object.keys(values).some((key) => key.endsWith("__Storage__Mode"));
}

interface Variable {
  readonly name: string;
  readonly value?: unknown;
  readonly valueFrom?: unknown;
}

function isVariable(member: unknown): member is Variable {
  return (
    isObject(member) &&
    typeof member.name === "string" &&
    ("value" in member || "valueFrom" in member)
  );
}

function entriesOf(values: object): [string, unknown][] {
  if (!Array.isArray(values)) return Object.entries(values);
  return values.filter(isVariable).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A reference to a Secret names it; its value is nowhere here. */
function valueOf(value: unknown): string {
  const inner = isObject(value) && isObject(value.valueFrom) ? value.valueFrom : value;
  const reference = isObject(inner) ? inner.secretKeyRef : undefined;
  if (!isObject(reference)) return textOf(value) ?? "";
  return `(Secret ${textOf(reference.name) ?? "?"}, key ${textOf(reference.key) ?? "?"})`;
}

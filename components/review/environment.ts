import type { Properties, Step } from "./read/preview";
import { textOf } from "./differences";

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

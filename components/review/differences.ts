import { isDeepStrictEqual } from "node:util";
import type { Properties, Step } from "./read/preview";

/** One input that differs, by its path with dots; undefined where it is not there. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Inputs that are no choice of anyone: the code, counters, and what is compared by nobody. */
const hidden = new Set([
  ...["__provider", "uri", "cutover", "job", "toolVersion", "resourceNames", "lastCount"],
]);

/** How the engine writes a value that is known in `up` alone. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What differs in a step's inputs, leaf by leaf; nothing that is as it was. */
export function differencesOf({ old, new: wanted }: Pick<Step, "old" | "new">): Difference[] {
  return compared(shown(old), shown(wanted), "");
}

function shown(inputs: Properties = {}): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !hidden.has(key)));
}

function compared(before: unknown, after: unknown, path: string): Difference[] {
  if (isDeepStrictEqual(before, after) || after === unknown) return [];
  const keys = [
    ...new Set([before, after].flatMap((side) => (isOpen(side) ? Object.keys(side) : []))),
  ];
  if (keys.length === 0 || [before, after].some((side) => side !== undefined && !isOpen(side))) {
    return [{ path, before: textOf(before), after: textOf(after) }];
  }
  const [olds, news] = [before ?? {}, after ?? {}] as [Properties, Properties];
  return keys.flatMap((key) =>
    compared(olds[key], news[key], path === "" ? key : `${path}.${key}`),
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
export function said(value: unknown): string {
  return textOf(value) ?? "";
}

import { parse } from "yaml";
import type { Entry } from "../environment";
import { listMember, mapMember } from "../values";
import { ReleaseValuesError } from "./errors";

/** Where the variables of a service are in its chart's values. */
export interface EnvironmentPlace {
  /** The keys that lead to the environment, with dots between them. */
  readonly path: string;
  /** A list of `{ name, value }`, or a map by name. */
  readonly form: "list" | "map";
}

/** A values file: its name, for messages, and its text. */
export interface ValuesText {
  readonly file: string;
  readonly text: string;
}

/** The values files of a release. */
export interface ReleaseValues {
  /**
   * What the chart brings: its subcharts' and then its own, in Helm's order; absent for a chart that
   * is no folder here.
   */
  readonly defaults?: readonly ValuesText[];
  /** The site's, in Helm's order. */
  readonly ofSite: readonly ValuesText[];
}

/**
 * The variables of a service as they come on top of what a site's own values say at the same
 * place. Nothing else is in them, so nothing else of the site's changes.
 *
 * Helm merges maps, so a map needs our variables alone, under the names that the files have them by:
 * one in other letters would stand beside ours, and .NET take either. It replaces a list whole, so a list is the
 * one that the site's files say, with ours in the place of those that have their names, and after
 * them.
 *
 * @param files the values files in Helm's order: of several that have the path, the last counts;
 *   the values that the chart itself brings come first
 * @throws ReleaseValuesError where a file is no YAML, or has something else at the path
 */
export function environmentOnTop(
  files: readonly ValuesText[],
  { path, form }: EnvironmentPlace,
  entries: readonly Entry[],
): unknown {
  const keys = path.split(".");
  const found = files.map((each) => ({ file: each.file, value: valueAt(parsed(each), keys) }));
  const last = found.findLast(({ value }) => value !== undefined && value !== null);
  const expected = form === "list" ? Array.isArray(last?.value) : isMap(last?.value);
  if (last && !expected) throw wrongForm(last.file, path, form);
  if (form === "list") return withEntries((last?.value ?? []) as unknown[], entries);
  const known = found.flatMap(({ value }) => (isMap(value) ? Object.keys(value) : []));
  return Object.fromEntries(
    entries.flatMap(({ name, value }) =>
      spellings(name, known).map((key) => [key, mapMember(value)]),
    ),
  );
}

/** A name as the keys have it, in each case of letters; as it is where none has it. */
function spellings(name: string, known: readonly string[]): readonly string[] {
  const found = known.filter((key) => keyOf(key) === keyOf(name));
  return found.length === 0 ? [name] : found;
}

function withEntries(list: readonly unknown[], entries: readonly Entry[]): unknown[] {
  const items = new Map(entries.map((entry) => [keyOf(entry.name), listItem(entry)]));
  const seen = new Set<string>();
  const replaced = list.map((item) => {
    const key = keyOf((item as { readonly name?: unknown } | null)?.name);
    seen.add(key);
    return items.get(key) ?? item;
  });
  const added = [...items].filter(([key]) => !seen.has(key)).map(([, item]) => item);
  return [...replaced, ...added];
}

/** .NET reads the names of configuration keys in any case. */
const keyOf = (name: unknown) => String(name).toLowerCase();

function listItem({ name, value }: Entry): object {
  const [key, member] = listMember(value);
  return { name, [key]: member };
}

/** What is at the end of a path of keys; undefined where it does not lead anywhere. */
export function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), values);
}

/**
 * What a values file says.
 *
 * @throws ReleaseValuesError where it is no YAML
 */
export function parsed({ file, text }: ValuesText): unknown {
  try {
    return parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a password.
    throw new ReleaseValuesError(file, "it is no valid YAML", "Mend it.");
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Refuses a list of which a chart that is elsewhere may have its own: that cannot be read here, and ours
 * would take its place.
 *
 * @param values the site's and, where they can be read, the chart's
 * @throws ReleaseValuesError with what to write
 */
export function refuseUnknownList(
  { defaults, ofSite }: ReleaseValues,
  chart: string,
  { path, form }: EnvironmentPlace,
): void {
  if (defaults || form === "map") return;
  const keys = path.split(".");
  if (ofSite.some((values) => Array.isArray(valueAt(parsed(values), keys)))) return;
  throw new ReleaseValuesError(
    ofSite.at(-1)?.file ?? "(none is named)",
    `it has no list ${path}, and ours would take the place of the one that chart ${chart} may have`,
    `Repeat the chart's list in it (helm show values has that), or write an empty one ([]) where there is none.`,
  );
}

function wrongForm(file: string, path: string, form: EnvironmentPlace["form"]): ReleaseValuesError {
  const other = form === "list" ? "map" : "list";
  return new ReleaseValuesError(
    file,
    `${path} is no ${form}`,
    `Set rollout.worker.path and form (or web's) to where the variables are; ${other} is the other form.`,
  );
}

import type { Entry } from "../environment";
import { listMember, mapMember } from "../values";
import {
  isMap,
  parseValues,
  ReleaseValuesError,
  valueAt,
  type ReleaseValues,
  type ValuesText,
} from "./files";

/** Where the variables of a service are in its chart's values. */
export interface EnvironmentPlace {
  /** The keys that lead to the environment, with dots between them. */
  readonly path: string;
  /** A list of `{ name, value }`, or a map by name. */
  readonly form: "list" | "map";
}

/**
 * The variables of a service, to be merged over a site's own values at the same place. Nothing else is
 * in them, so nothing else of the site's changes.
 *
 * Helm merges maps, so a map has only our variables, under the names that the files use: a name in
 * other letters would stand beside ours, and .NET would take either. Helm replaces lists, so a list is
 * the site's own, with ours instead of those of the same name, and the rest of ours after them.
 *
 * @param files the values files in Helm's order: of several that have the path, the last counts;
 *   the values that the chart itself brings come first
 * @throws ReleaseValuesError if a file is not valid YAML, or has something else at the path
 */
export function environmentOnTop(
  files: readonly ValuesText[],
  { path, form }: EnvironmentPlace,
  entries: readonly Entry[],
): unknown {
  const keys = path.split(".");
  const found = files.map((each) => ({ file: each.file, value: valueAt(parseValues(each), keys) }));
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

/** A name as the files spell it; as it is if none of them has it. */
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

/**
 * Refuses a list that a chart which is not a local folder may have too: it cannot be read here, and ours
 * would replace it.
 *
 * @throws ReleaseValuesError with what to write
 */
export function refuseUnknownList(
  { defaults, ofSite }: ReleaseValues,
  chart: string,
  { path, form }: EnvironmentPlace,
): void {
  if (defaults || form === "map") return;
  const keys = path.split(".");
  if (ofSite.some((values) => Array.isArray(valueAt(parseValues(values), keys)))) return;
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

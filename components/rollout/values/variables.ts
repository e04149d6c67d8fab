import { environmentKeys, type EnvironmentEntry, type Service } from "../environment";
import type { EnvironmentTarget, ServiceValues } from "../placement";
import { isMap, parseValues, ValuesFileError, type ValuesText } from "./files";

/** Values that have only this value, at a dotted path. */
export const valuesAt = (path: string, value: unknown): unknown =>
  path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);

/**
 * The variables of a service, to be merged over a site's values at the same path. Helm merges maps, so a map has only
 * the stack's variables, in the spelling of the files (.NET ignores case). Helm replaces lists, so a list is the site's
 * own: the stack's variables replace those of the same name, or follow them.
 *
 * @param files the chart's and the site's, in Helm's order
 * @throws ValuesFileError if a file is not valid YAML, or has something else at the path
 */
export function environmentOnTop(
  files: readonly ValuesText[],
  { path }: EnvironmentTarget,
  entries: readonly EnvironmentEntry[],
): unknown {
  const found = lastAt(files, path)?.value ?? [];
  if (Array.isArray(found)) return withEntries(found, entries);
  const known = statedAt(files, path).flatMap(({ value }) =>
    isMap(value) ? Object.keys(value) : [],
  );
  return Object.fromEntries(
    entries.flatMap(({ name, value }) => {
      const spellings = known.filter((key) => variableKey(key) === variableKey(name));
      const member = typeof value === "string" ? value : { valueFrom: value };
      return (spellings.length === 0 ? [name] : spellings).map((key) => [key, member]);
    }),
  );
}

function statedAt(files: readonly ValuesText[], path: string) {
  return files.flatMap((text) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), parseValues(text));
    return value === undefined || value === null ? [] : [{ file: text.file, value }];
  });
}

/** The last file that has a path, and its list or map there. @throws ValuesFileError */
export function lastAt(files: readonly ValuesText[], path: string) {
  const last = statedAt(files, path).at(-1);
  if (last === undefined || Array.isArray(last.value) || isMap(last.value)) return last;
  throw new ValuesFileError(
    last.file,
    `${path} is neither a list nor a map`,
    "Set rollout.worker.path or rollout.web.path to the key of the variables.",
  );
}

/** The variables at a path, file by file, from lists and maps. */
export function variablesAt(files: readonly ValuesText[], path: string) {
  return statedAt(files, path).flatMap(({ file, value: found }) => {
    const ofList = Array.isArray(found) ? found.filter(isMap) : [];
    const ofMap = Object.entries(isMap(found) ? found : {});
    return [...ofList, ...ofMap.map(([name, value]) => ({ name, value }))].map(
      ({ name, value }) => ({ file, name, value }),
    );
  });
}

export function withEntries(
  list: readonly unknown[],
  entries: readonly EnvironmentEntry[],
): unknown[] {
  const items = new Map(
    entries.map(({ name, value }) => [
      variableKey(name),
      { name, [typeof value === "string" ? "value" : "valueFrom"]: value },
    ]),
  );
  const seen = new Set<string>();
  const replaced = list.map((item) => {
    const key = variableKey((item as { readonly name?: unknown } | null)?.name);
    seen.add(key);
    return items.get(key) ?? item;
  });
  const added = [...items].filter(([key]) => !seen.has(key)).map(([, item]) => item);
  return [...replaced, ...added];
}

/** A name for comparison: .NET ignores the case of configuration keys. */
export const variableKey = (name: unknown) => String(name).toLowerCase();

/**
 * Refuses a path that no file has: the stack's list would replace one that the chart may have there. Refuses files that
 * state only the other service's storage there: the services' files are swapped.
 *
 * @throws ValuesFileError
 */
export function refuseOtherList(
  files: readonly ValuesText[],
  chart: string,
  { path, service }: ServiceValues,
): void {
  if (lastAt(files, path) !== undefined) {
    refuseSwapped(files, { path, service });
    return;
  }
  throw new ValuesFileError(
    files.at(-1)?.file ?? "(none is named)",
    `it has no ${path}, so this stack's variables would replace a list that ${chart} may have there`,
    "Copy the chart's list into the file (see helm show values). If the chart has none, write an empty list ([]) or map ({}).",
  );
}

function refuseSwapped(files: readonly ValuesText[], { path, service }: ServiceValues): void {
  const stated = variablesAt(files, path);
  const of = (one: Service) => {
    const keys = environmentKeys(one).map(variableKey);
    return stated.find(({ name }) => keys.includes(variableKey(name)));
  };
  const foreign = of(service === "worker" ? "web" : "worker");
  if (foreign === undefined || of(service) !== undefined) return;
  throw new ValuesFileError(
    foreign.file,
    `it is named for ${service}, and ${path} has ${String(foreign.name)}, which is of the other service`,
    "Name the files of each service in its own setting: rollout.worker and rollout.web.",
  );
}

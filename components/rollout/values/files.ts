import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { errorCode } from "../../text";
import type { EnvironmentEntry } from "../environment";
import type { EnvironmentPlace } from "../placement";

/** A values file cannot be read, used or written. The message never has a value, which may be a password. */
export class ValuesFileError extends Error {
  override readonly name = "ValuesFileError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} cannot be used: ${found}. ${advice}`);
  }
}

export interface ValuesText {
  readonly file: string;
  readonly text: string;
}

export interface ReleaseValues {
  /** The chart's own, if it is a local folder, without those of subcharts. */
  readonly defaults?: ValuesText;
  /** The site's, in Helm's order. */
  readonly ofSite: readonly ValuesText[];
}

/** Reads the values files of a release. @throws ValuesFileError */
export function valuesFiles(chart: string, values: readonly string[]): ReleaseValues {
  const advice =
    "Check rollout.values, rollout.worker.values and rollout.web.values. Paths count from the project's folder.";
  const ofSite = values.map((file) => readText(file, advice));
  const own = join(chart, "values.yaml");
  return { ...(existsSync(own) && { defaults: readText(own, advice) }), ofSite };
}

/** Reads a values file. @throws ValuesFileError with the advice if it cannot be read, or is not UTF-8 */
export function readText(file: string, advice: string): ValuesText {
  try {
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    throw new ValuesFileError(file, `it cannot be read (${errorCode(error)})`, advice);
  }
}

/** The files of a release in Helm's order: the last that has a key counts. */
export function inHelmsOrder({ defaults, ofSite }: ReleaseValues): readonly ValuesText[] {
  return [...(defaults ? [defaults] : []), ...ofSite];
}

/**
 * The content of a values file as Helm reads it (sigs.k8s.io/yaml, on go-yaml 2): as YAML 1.1 with merges, in
 * which `0022` is 18 and `yes` is true, but without its numbers of base 60, and with dates as texts.
 *
 * @throws ValuesFileError without the parser's words, which may quote the file
 */
export function parseValues({ file, text }: ValuesText): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replaceAll("\r\n", "\n"), {
    version: "1.1",
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp")),
      ),
    prettyErrors: false,
    lineCounter,
  });
  const [error] = document.errors;
  if (!error) return document.toJS({ maxAliasCount: -1 });
  const { line } = lineCounter.linePos(error.pos[0]);
  const isSeveral = error.code === "MULTIPLE_DOCS";
  throw new ValuesFileError(
    file,
    isSeveral
      ? `it holds several YAML documents (the second begins at line ${line})`
      : `it is not valid YAML (line ${line}: ${error.code})`,
    isSeveral ? "Keep one document in it." : "Fix the syntax.",
  );
}

/** Merges values as Helm does: maps member by member, all else as a whole; null removes a key. */
export function mergeValues(all: readonly unknown[]): unknown {
  return all.reduce((below, above) => (isMap(above) ? mergeTwo(below, above) : below), {});
}

function mergeTwo(below: unknown, above: unknown): unknown {
  if (!isMap(above)) return above;
  const under = isMap(below) ? below : {};
  const members = Object.entries({ ...under, ...above }).filter(([key]) => above[key] !== null);
  return Object.fromEntries(
    members.map(([key, value]) => [key, key in above ? mergeTwo(under[key], value) : value]),
  );
}

export function isMap(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

/** Values with something at a path of keys with dots between them. */
export const valuesAt = (path: string, value: unknown): unknown =>
  path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);

/**
 * The variables of a service, to be merged over a site's values at the same place. Helm merges maps, so a map has
 * only ours, in the spelling of the files (.NET ignores case). Helm replaces lists, so a list is the site's
 * own, with ours in the place of those of the same name, or after them.
 *
 * @param files the chart's and the site's, in Helm's order
 * @throws ValuesFileError if a file is not valid YAML, or has something else at the path
 */
export function environmentOnTop(
  files: readonly ValuesText[],
  { path }: EnvironmentPlace,
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

/** Refuses a path that no file has: ours would replace a list that the chart may have there. @throws ValuesFileError */
export function refuseUnknownList(
  files: readonly ValuesText[],
  chart: string,
  { path }: EnvironmentPlace,
): void {
  if (lastAt(files, path) !== undefined) return;
  throw new ValuesFileError(
    files.at(-1)?.file ?? "(none is named)",
    `it has no ${path}, so this stack's variables would replace a list that ${chart} may have there`,
    "Copy the chart's list into the file (see helm show values). If the chart has none, write an empty list ([]) or map ({}).",
  );
}

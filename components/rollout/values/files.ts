import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { errorCode } from "../../contract/text";

/**
 * A values file cannot be read, used or written. The message names the file and what was found, never a
 * value: a file may hold a password.
 */
export class ValuesFileError extends Error {
  override readonly name = "ValuesFileError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} cannot be used: ${found}. ${advice}`);
  }
}

/** A values file: its name, for messages, and its text. */
export interface ValuesText {
  readonly file: string;
  readonly text: string;
}

/** The values files of a release. */
export interface ReleaseValues {
  /** The chart's own; absent for a chart that is not a local folder. Those of subcharts are not read. */
  readonly defaults?: ValuesText;
  /** The site's, in Helm's order. */
  readonly ofSite: readonly ValuesText[];
}

/** A chart and the values files that a site gives it, as the settings name them. */
interface ChartFiles {
  readonly chart: string;
  readonly values: readonly string[];
}

/**
 * Reads the values files of a release.
 *
 * @throws ValuesFileError if a file cannot be read
 */
export function valuesFiles({ chart, values }: ChartFiles): ReleaseValues {
  const advice =
    "Check rollout.worker.values and rollout.web.values, or rollout.shared.values. Paths count from the project's folder.";
  const ofSite = values.map((file) => readText(file, advice));
  const own = join(chart, "values.yaml");
  return { ...(existsSync(own) && { defaults: readText(own, advice) }), ofSite };
}

/**
 * Reads a values file.
 *
 * @param advice what to check if it cannot be read
 * @throws ValuesFileError if it cannot be read, or is not UTF-8
 */
export function readText(file: string, advice: string): ValuesText {
  try {
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    throw new ValuesFileError(file, `it cannot be read (${errorCode(error)})`, advice);
  }
}

/** The files of a release in Helm's order: of several that state a key, the last counts. */
export function inHelmsOrder({ defaults, ofSite }: ReleaseValues): readonly ValuesText[] {
  return [...(defaults ? [defaults] : []), ...ofSite];
}

/**
 * The content of a values file as Helm reads it (sigs.k8s.io/yaml, on go-yaml 2): as YAML 1.1 with merges, in
 * which `0022` is 18 and `yes` is true, but without its numbers of base 60, and with dates as texts.
 *
 * @throws ValuesFileError if it is not valid YAML; with the parser's code and the line only, because its words
 *   may quote the file
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
    ...{ prettyErrors: false, lineCounter },
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

/** As Helm merges values: maps member by member, all else as a whole; null removes a key. */
export function mergeValues(all: readonly unknown[]): unknown {
  return all.reduce((below, above) => (isMap(above) ? mergeTwo(below, above) : below), {});
}

function mergeTwo(below: unknown, above: unknown): unknown {
  if (!isMap(above)) return above;
  const under = isMap(below) ? below : {};
  const members = Object.entries(above)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, mergeTwo(under[key], value)] as const);
  const kept = Object.entries(under).filter(([key]) => !(key in above));
  return Object.fromEntries([...kept, ...members]);
}

/** Whether a value of a parsed file is a map. */
export function isMap(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

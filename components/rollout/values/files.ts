import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { describeUnreadable } from "../../text";

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
    throw new ValuesFileError(file, `it ${describeUnreadable(error)}`, advice);
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

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify, YAMLParseError } from "yaml";

/** A values file: its name, for messages, and its text. */
export interface ValuesText {
  readonly file: string;
  readonly text: string;
}

/** The values files of a release. */
export interface ReleaseValues {
  /**
   * The chart's: those of its subcharts, then its own, in Helm's order; absent for a chart that is not
   * a local folder.
   */
  readonly defaults?: readonly ValuesText[];
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
 * @throws ReleaseValuesError if a file cannot be read, or a subchart's is not valid YAML
 */
export function valuesFiles({ chart, values }: ChartFiles): ReleaseValues {
  const ofSite = values.map((file) => ({ file, text: textOf(file) }));
  if (!existsSync(join(chart, "Chart.yaml"))) return { ofSite };
  const own = readIfThere(join(chart, "values.yaml"));
  return { defaults: [...subchartValues(chart), ...own], ofSite };
}

/**
 * The default values of the subcharts in a chart's folder, as the chart's own values would have them:
 * under a subchart's name or its aliases. A packed subchart is not read.
 */
function subchartValues(chart: string): ValuesText[] {
  const folder = join(chart, "charts");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const aliases = aliasesIn(chart);
  return names.flatMap((name) =>
    readIfThere(join(folder, name, "values.yaml")).map((read) => {
      const values = parseValues(read);
      const keys = aliases.get(name) ?? [name];
      return { ...read, text: stringify(Object.fromEntries(keys.map((key) => [key, values]))) };
    }),
  );
}

/** The keys under which a chart's values have those of each of its dependencies. */
function aliasesIn(chart: string): Map<string, string[]> {
  const [described] = readIfThere(join(chart, "Chart.yaml")).map(parseValues);
  const listed: unknown = isMap(described) ? described.dependencies : [];
  const dependencies = (Array.isArray(listed) ? listed : []) as { name: string; alias?: string }[];
  const aliases = new Map<string, string[]>();
  for (const { name, alias = name } of dependencies) {
    aliases.set(name, [...(aliases.get(name) ?? []), alias]);
  }
  return aliases;
}

function readIfThere(file: string): ValuesText[] {
  return existsSync(file) ? [{ file, text: textOf(file) }] : [];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ReleaseValuesError(
      file,
      `it cannot be read (${code})`,
      "Check rollout.worker.values and rollout.web.values, or rollout.shared.values. Paths count from the project's folder.",
    );
  }
}

/** The value at the end of a path of keys; undefined if there is nothing. */
export function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((at, key) => (isMap(at) ? at[key] : undefined), values);
}

/**
 * The content of a values file.
 *
 * @throws ReleaseValuesError if it is not valid YAML
 */
export function parseValues({ file, text }: ValuesText): unknown {
  try {
    return parse(text);
  } catch (error) {
    const found = `it is not valid YAML${describeReason(error)}`;
    throw new ReleaseValuesError(file, found, "Fix the syntax.");
  }
}

/** The parser's own message quotes the text, which may hold a password: only its code and line are shown. */
function describeReason(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return "";
  return ` (line ${error.linePos?.[0].line ?? 1}: ${error.code})`;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The values of a release cannot be put together; nothing was changed. The message names the file
 * and what was found, never a value: a file may hold a password.
 */
export class ReleaseValuesError extends Error {
  override readonly name = "ReleaseValuesError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} cannot be used for its Helm release: ${found}. ${advice}`);
  }
}

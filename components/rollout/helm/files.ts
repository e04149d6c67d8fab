import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseContent } from "../values/document";
import { ValuesFileError } from "../values/file";
import { isPlain as isMap } from "../values/statement";

export { isMap };

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
  const ofSite = values.map(readText);
  const own = join(chart, "values.yaml");
  return { ...(existsSync(own) && { defaults: readText(own) }), ofSite };
}

/** The files of a release in Helm's order: of several that state a key, the last counts. */
export function inHelmsOrder({ defaults, ofSite }: ReleaseValues): readonly ValuesText[] {
  return [...(defaults ? [defaults] : []), ...ofSite];
}

function readText(file: string): ValuesText {
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ValuesFileError(
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
 * The content of a values file, as Helm reads it.
 *
 * @throws ValuesFileError if it is not valid YAML
 */
export function parseValues({ file, text }: ValuesText): unknown {
  return parseContent(text, file);
}

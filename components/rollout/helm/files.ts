import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ReleaseValuesError } from "./errors";
import type { ValuesText } from "./values";

/** A chart and the values files that a site gives it, as the settings name them. */
export interface ChartFiles {
  readonly chart: string;
  readonly values: readonly string[];
}

/** The values files of a release. */
export interface ReleaseValues {
  /** The one that the chart itself brings; absent for a chart that is no folder here. */
  readonly ofChart?: ValuesText;
  /** The site's, in Helm's order. */
  readonly ofSite: readonly ValuesText[];
}

/**
 * Reads the values files of a release.
 *
 * @throws ReleaseValuesError where a file cannot be read
 */
export function valuesFiles({ chart, values }: ChartFiles): ReleaseValues {
  const file = join(chart, "values.yaml");
  const ofSite = values.map((name) => ({ file: name, text: textOf(name) }));
  return { ...(existsSync(file) && { ofChart: { file, text: textOf(file) } }), ofSite };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ReleaseValuesError(
      file,
      `it cannot be read (${code})`,
      "Check rollout.worker.values and rollout.web.values; paths count from the project's folder.",
    );
  }
}

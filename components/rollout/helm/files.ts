import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ReleaseValuesError } from "./errors";
import { subchartValues } from "./subcharts";
import type { ReleaseValues } from "./values";

/** A chart and the values files that a site gives it, as the settings name them. */
export interface ChartFiles {
  readonly chart: string;
  readonly values: readonly string[];
}

/**
 * Reads the values files of a release.
 *
 * @throws ReleaseValuesError where a file cannot be read, or a subchart's is no YAML
 */
export function valuesFiles({ chart, values }: ChartFiles): ReleaseValues {
  const ofSite = values.map((file) => ({ file, text: textOf(file) }));
  if (!existsSync(join(chart, "Chart.yaml"))) return { ofSite };
  const file = join(chart, "values.yaml");
  const own = existsSync(file) ? [{ file, text: textOf(file) }] : [];
  return { defaults: [...subchartValues(chart), ...own], ofSite };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ReleaseValuesError(
      file,
      `it cannot be read (${code})`,
      "Check the values of rollout.worker and rollout.web, or of rollout.shared; paths count from the project's folder.",
    );
  }
}

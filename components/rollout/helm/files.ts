import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ReleaseValuesError } from "./errors";
import type { ValuesText } from "./values";

/** A chart and the values files that a site gives it, as the settings name them. */
export interface ChartFiles {
  readonly chart: string;
  readonly values: readonly string[];
}

/**
 * The texts of a release's values files in Helm's order. The values that the chart itself brings
 * come first, where it is a folder: those of a chart that is elsewhere cannot be read here.
 *
 * @throws ReleaseValuesError where a file cannot be read
 */
export function valuesTexts({ chart, values }: ChartFiles): ValuesText[] {
  const ofChart = join(chart, "values.yaml");
  const files = existsSync(ofChart) ? [ofChart, ...values] : values;
  return files.map((file) => ({ file, text: textOf(file) }));
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

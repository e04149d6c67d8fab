import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { isMap, parsed, type ValuesText } from "./values";

/**
 * What the subcharts in a chart's folder say by default, as the chart's own values would say it: by
 * a subchart's name or its aliases. One that is packed is not read.
 *
 * @throws ReleaseValuesError where a file is no YAML
 */
export function subchartValues(chart: string): ValuesText[] {
  const folder = join(chart, "charts");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const aliases = aliasesIn(chart);
  return names.flatMap((name) => {
    const file = join(folder, name, "values.yaml");
    if (!existsSync(file)) return [];
    const values = parsed({ file, text: readFileSync(file, "utf8") });
    const keys = aliases.get(name) ?? [name];
    return [{ file, text: stringify(Object.fromEntries(keys.map((key) => [key, values]))) }];
  });
}

/** The keys in a chart's values under which the values of each of its dependencies are. */
function aliasesIn(chart: string): Map<string, string[]> {
  const file = join(chart, "Chart.yaml");
  const said = existsSync(file) ? parsed({ file, text: readFileSync(file, "utf8") }) : undefined;
  const listed = isMap(said) && Array.isArray(said.dependencies) ? said.dependencies : [];
  const aliases = new Map<string, string[]>();
  for (const { name, alias = name } of listed as { name: string; alias?: string }[]) {
    aliases.set(name, [...(aliases.get(name) ?? []), alias]);
  }
  return aliases;
}

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ProgramError } from "../../step/program";
import { parseValues } from "./files";
import { mergeValues } from "./lost-values";
import type { ReadRelease } from "./release";

/**
 * Renders the chart of a release as an upgrade will, before the worker stops: a chart that cannot be had, or
 * whose schema refuses the values, would stop the update behind the fence.
 *
 * @param ours the values on top of the site's
 * @throws ProgramError
 */
export async function renderChart(
  { release, chart, version, repository, read }: ReadRelease,
  namespace: string,
  ours: object,
  options: pulumi.InvokeOptions,
): Promise<void> {
  const isLocal = repository === undefined && existsSync(chart);
  const { url: repo, ca: ca_file, ...user } = repository ?? {};
  const remote = { chart, version, fetch_opts: { repo, ca_file, ...user } };
  const jsonOpts = JSON.stringify({
    ...(isLocal ? { path: resolve(chart) } : remote),
    values: mergeValues([...read.ofSite.map(parseValues), ours]),
    ...{ namespace, release_name: release, skip_crd_rendering: true },
  });
  try {
    if (!isLocal && version === undefined) throw new Error("no such folder, and no version is set");
    await pulumi.runtime.invoke("kubernetes:helm:template", { jsonOpts }, options);
  } catch (error) {
    throw new ProgramError(
      `Chart ${chart} of release ${release} cannot be rendered, and nothing was drained: ` +
        `${error instanceof Error ? error.message : String(error)}. Check chart, version, repository and values of the release.`,
    );
  }
}

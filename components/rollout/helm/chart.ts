import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ProgramError } from "../../step/program";
import { parseValues } from "../values/files";
import { mergeValues } from "./lost-values";
import { ourValues, type ReadRelease } from "./release";

/**
 * Renders the chart of a release as an upgrade will, before the worker stops: a chart that cannot be had, or
 * whose schema refuses the values, would stop the update behind the fence. @throws ProgramError
 */
export async function renderChart(
  from: ReadRelease,
  args: Parameters<typeof ourValues>[1],
  [modes, secret]: [Parameters<typeof ourValues>[2], Parameters<typeof ourValues>[3]],
  options: pulumi.InvokeOptions,
): Promise<void> {
  const { release, chart, version, repository, read } = from;
  const { url: repo, ca: ca_file, ...user } = repository ?? {};
  const isLocal = repository === undefined && existsSync(chart);
  const source = { chart, version, fetch_opts: { repo, ca_file, ...user } };
  const values = [...read.ofSite.map(parseValues), ourValues(from, args, modes, secret)];
  const jsonOpts = JSON.stringify({
    ...(isLocal ? { path: resolve(chart) } : source),
    ...{ release_name: release, namespace: args.settings.namespace, skip_crd_rendering: true },
    values: mergeValues(values),
  });
  try {
    if (!isLocal && version === undefined) throw new Error("no such folder, and no version is set");
    await pulumi.runtime.invoke("kubernetes:helm:template", { jsonOpts }, options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ProgramError(
      `Chart ${chart} of release ${release} cannot be rendered, and nothing was drained: ${why}. Check chart, version, repository and values of the release.`,
    );
  }
}

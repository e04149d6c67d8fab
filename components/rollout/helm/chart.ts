import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describeController, type Controller } from "../../kubernetes";
import type { StorageMode } from "../../settings";
import { ProgramError } from "../../step/program";
import { modeKey } from "../environment";
import { modeIn } from "../pods/remaining";
import { mergeValues, parseValues } from "../values/files";
import type { ReadRelease } from "./release";

/**
 * Renders the chart of a release as an upgrade will, before the worker stops: a chart that cannot be had,
 * whose schema refuses the values, or whose web cannot be paused, would stop the update behind the fence.
 *
 * @param ours what comes on top of the site's values
 * @throws ProgramError
 */
export async function renderChart(
  { release, chart, version, repository, services, read }: ReadRelease,
  ours: { readonly namespace: string; readonly mode: StorageMode; readonly values: object },
  options: pulumi.InvokeOptions,
): Promise<void> {
  const { namespace, mode } = ours;
  const { url: repo, ca: ca_file, ...user } = repository ?? {};
  const isLocal = repository === undefined && existsSync(chart);
  const source = { chart, version, fetch_opts: { repo, ca_file, ...user } };
  const jsonOpts = JSON.stringify({
    ...(isLocal ? { path: resolve(chart) } : source),
    ...{ release_name: release, namespace, skip_crd_rendering: true },
    values: mergeValues([...read.ofSite.map(parseValues), ours.values]),
  });
  const where = `Chart ${chart} of release ${release} cannot be`;
  let rendered: { readonly result?: readonly Controller[] };
  try {
    if (!isLocal && version === undefined) throw new Error("no such folder, and no version is set");
    rendered = (await pulumi.runtime.invoke(
      "kubernetes:helm:template",
      { jsonOpts },
      options,
    )) as typeof rendered;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ProgramError(
      `${where} rendered, and nothing was drained: ${why}. Check chart, version, repository and values of the release.`,
    );
  }
  if (services.length === 1 || mode === "filesystem") return;
  const problem = findUnpausableWeb(rendered.result ?? []);
  if (problem !== undefined)
    throw new ProgramError(
      `${where} upgraded for both services, and nothing was drained: ${problem}`,
    );
}

/** Why web of a rendered chart cannot be paused until the worker is in mongo mode. */
function findUnpausableWeb(rendered: readonly Controller[]): string | undefined {
  const web = rendered.filter(
    ({ kind, spec }) => kind === "Deployment" && modeIn(spec?.template.spec, "web") === "mongo",
  );
  if (web.length === 0)
    return `no Deployment of it has ${modeKey("web")} in the env of its own template (a ConfigMap would reach each pod that restarts). Check rollout.web.path.`;
  const paused = web.find(({ spec }) => spec && "paused" in spec);
  if (paused === undefined) return undefined;
  return `it renders spec.paused of ${describeController(paused)}. Remove that from the chart or its values.`;
}

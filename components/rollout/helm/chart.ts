import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describeController, statedMode, type Controller } from "../../kubernetes";
import type { SecretRef } from "../../kubernetes/program";
import type { Direction, HelmRolloutSettings } from "../../settings";
import { logFinding, ProgramError } from "../../step/program";
import { redact, warning } from "../../text";
import {
  modeAfter,
  modeKey,
  serviceEnvironment,
  type EnvironmentEntry,
  type MongoNames,
} from "../environment";
import { resolveTarget, type ReleaseArgs } from "../placement";
import {
  inHelmsOrder,
  mergeValues,
  parseValues,
  ValuesFileError,
  valuesFiles,
  type ReleaseValues,
} from "../values/files";
import { environmentOnTop, refuseOtherList, valuesAt } from "../values/variables";
import { refuseNulls, refusePasswords } from "./checks";
import { findChangedVariable } from "./rendered";

/** A release with the content of its values files. */
export interface ReadRelease extends ReleaseArgs {
  readonly read: ReleaseValues;
}

/**
 * Reads the releases of the settings. Refuses, before the drain and in the first preview too, values files that would
 * not reach a release unchanged or would not stay secret. A rollback is only warned.
 *
 * @throws ValuesFileError
 */
export function readReleases(rollout: HelmRolloutSettings, direction: Direction): ReadRelease[] {
  return resolveTarget(rollout).releases.map((from) => {
    const read = valuesFiles(from.chart, from.values);
    try {
      refuseNulls(read.ofSite);
      refusePasswords(read, from.services);
      const files = inHelmsOrder(read);
      for (const target of from.services) refuseOtherList(files, `chart ${from.chart}`, target);
    } catch (error) {
      if (direction === "forward" || !(error instanceof ValuesFileError)) throw error;
      void logFinding(warning("values-unfit", error.message));
    }
    return { ...from, read };
  });
}

/** The variables of each service at its path, on top of the files' values there. */
export function ourValues(
  { services, read }: ReadRelease,
  { collections, database }: Omit<MongoNames, "connectionSecret">,
  direction: Direction,
  connectionSecret: SecretRef,
): Record<string, unknown> {
  const ofServices = services.map(({ service, path }) => {
    const names = { collections, connectionSecret, database };
    const entries = serviceEnvironment(service, direction, names);
    return valuesAt(path, environmentOnTop(inHelmsOrder(read), { path }, entries));
  });
  return mergeValues(ofServices) as Record<string, unknown>;
}

/**
 * Renders a chart as an upgrade will, before the worker stops: a missing chart, values that its schema refuses, or a web
 * that cannot be paused would stop the update after the cutover.
 *
 * @throws ProgramError
 */
export async function renderChart(
  { release, chart, version, repository, services, read }: ReadRelease,
  ours: {
    readonly namespace: string;
    readonly direction: Direction;
    readonly values: object;
    readonly entries: readonly EnvironmentEntry[];
  },
  options: pulumi.InvokeOptions,
): Promise<void> {
  const { namespace, direction } = ours;
  const { url: repo, ca: ca_file, ...user } = repository ?? {};
  const isLocal = repository === undefined && existsSync(chart);
  const source = { chart, version, fetch_opts: { repo, ca_file, ...user } };
  const jsonOpts = JSON.stringify({
    ...(isLocal ? { path: resolve(chart) } : source),
    release_name: release,
    namespace,
    skip_crd_rendering: true,
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
    const why = redact(error instanceof Error ? error.message : String(error));
    throw new ProgramError(
      `${where} rendered, and nothing was drained: ${why}. Check chart, version, repository and values of the release.`,
      options.parent,
    );
  }
  if (direction === "back") return;
  const problem = services.length > 1 ? findUnpausableWeb(rendered.result ?? []) : undefined;
  if (problem !== undefined)
    throw new ProgramError(
      `${where} upgraded for both services, and nothing was drained: ${problem}`,
      options.parent,
    );
  const changed = findChangedVariable(rendered.result ?? [], ours.entries);
  if (changed === undefined) return;
  throw new ProgramError(
    `${where} used for mongo mode, and nothing was drained: as it renders this stack's variables, ${changed}. Its ` +
      "template has to render them unchanged (toYaml, without quotes of its own).",
    options.parent,
  );
}

function findUnpausableWeb(rendered: readonly Controller[]): string | undefined {
  const web = rendered.filter(
    ({ kind, spec }) =>
      kind === "Deployment" &&
      statedMode(spec?.template.spec, modeKey("web")) === modeAfter("forward"),
  );
  if (web.length === 0)
    return `no Deployment of it has ${modeKey("web")} in the env of its own template (a ConfigMap would reach each pod that restarts). Check rollout.web.path.`;
  const paused = web.find(({ spec }) => spec && "paused" in spec);
  if (paused === undefined) return undefined;
  return `it renders spec.paused of ${describeController(paused)}. Remove that from the chart or its values.`;
}

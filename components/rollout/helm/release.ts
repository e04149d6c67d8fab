import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { warning, redact } from "../../text";
import { describeController, statedMode, type Controller } from "../../kubernetes";
import {
  createNamespace,
  kubernetesSdk,
  providerArgs,
  type SecretRef,
} from "../../kubernetes/program";
import type { Direction, HelmRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { childName, logFinding, ProgramError } from "../../step/program";
import {
  modeAfter,
  modeKey,
  serviceEnvironment,
  type EnvironmentEntry,
  type MongoNames,
} from "../environment";
import { connectionSecret } from "./secret";
import { resolveTarget, type ReleaseArgs } from "../placement";
import type { Target } from "../target";
import {
  environmentOnTop,
  inHelmsOrder,
  mergeValues,
  parseValues,
  refuseUnknownList,
  valuesAt,
  ValuesFileError,
  valuesFiles,
  type ReleaseValues,
} from "../values/files";
import { refuseNulls, refusePasswords } from "./checks";
import { warnOfLostValues } from "./lost-values";
import { findChangedVariable } from "./rendered";

interface HelmArgs extends Pick<ProgramSettings, "kubernetes" | "direction" | "mongo"> {
  readonly rollout: HelmRolloutSettings;
  /** The services' connection string; secret. */
  readonly appUri?: pulumi.Input<string> | undefined;
}

/**
 * Worker and web as Helm releases on a Kubernetes API.
 *
 * @param options with the parent of what is shared by both services
 */
export function helmTarget(
  { rollout, kubernetes: api, direction: asked, mongo, appUri }: HelmArgs,
  options: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): Target {
  const { parent } = options;
  const { target, namespace, install } = rollout;
  const called = (name: string) => childName(parent, name);
  const provider = new (kubernetesSdk().Provider)(called("kubernetes"), providerArgs(api), options);
  // A Secret of the site's is in a namespace that exists.
  const isNew = install && rollout.connectionSecret.name === undefined;
  const namespaces = isNew
    ? [createNamespace(called("namespace"), namespace, { parent, provider })]
    : [];
  const inNamespace = { parent, provider, dependsOn: namespaces };
  const secretRef = connectionSecret(rollout, appUri, inNamespace);
  const releases = readReleases(rollout, asked);
  const registered = new Map<ReadRelease, kubernetes.helm.v3.Release>();
  return {
    secretRef,
    rendered: secretInPreview(rollout, secretRef).apply(async (connectionSecret) => {
      const rendering = releases.map(async (one) => {
        const values = ourValues(one, mongo, asked, connectionSecret);
        const entries = one.services.flatMap(({ service }) =>
          serviceEnvironment(service, asked, { ...mongo, connectionSecret }),
        );
        const ours = { namespace, values, direction: asked, entries };
        await renderChart(one, ours, { parent, provider });
        return one.release;
      });
      return Promise.all(rendering);
    }),
    deploy: (service, { direction }, options) => {
      const from = releases.find(({ services }) => services.some((one) => one.service === service));
      if (!from) throw new Error(`No release holds ${service}.`);
      const isShared = from.services.length > 1;
      const [name, own] = isShared ? ["release", { ...options, parent }] : [service, options];
      const values = pulumi
        .all([direction, secretRef])
        .apply(([direction, secret]) => ourValues(from, mongo, direction, secret));
      // A release of both services is registered for the worker, which comes first.
      let resource = registered.get(from);
      if (!resource) {
        resource = helmRelease(called(name), from, rollout, values, { ...own, provider });
        void warnOfLostValues(from, { ...api, namespace }, resource);
        registered.set(from, resource);
      }
      const { release } = from;
      const { revision } = resource.status;
      const summary = pulumi.all([revision, direction]).apply(([revision, direction]) => {
        return { target, mode: modeAfter(direction), namespace, release, revision };
      });
      return { resource, direction, revision, summary };
    },
  };
}

/** A release with the content of its values files. */
interface ReadRelease extends ReleaseArgs {
  readonly read: ReleaseValues;
}

/**
 * The releases of the settings. Refuses values files that would not reach a release unchanged, or would not stay
 * secret, before the drain and in the first preview too. A rollback is only warned.
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
      for (const place of from.services) refuseUnknownList(files, `chart ${from.chart}`, place);
    } catch (error) {
      if (direction === "forward" || !(error instanceof ValuesFileError)) throw error;
      void logFinding(warning("values-unfit", error.message));
    }
    return { ...from, read };
  });
}

/** The Secret; in a preview that is to create it one of another name, because charts are rendered there too. */
function secretInPreview(
  { connectionSecret: { name, key } }: HelmRolloutSettings,
  known: pulumi.Output<SecretRef>,
): pulumi.Output<SecretRef> {
  if (!pulumi.runtime.isDryRun() || name !== undefined) return known;
  return pulumi.output({ name: "known-in-up", key });
}

/** The variables of each service at its place, on top of what the files have there. */
function ourValues(
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

// As an upgrade will, before the worker stops: a missing chart, values that its schema refuses, or a web that
// cannot be paused would stop the update behind the fence.
async function renderChart(
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
    );
  }
  if (direction === "back") return;
  const problem = services.length > 1 ? findUnpausableWeb(rendered.result ?? []) : undefined;
  if (problem !== undefined)
    throw new ProgramError(
      `${where} upgraded for both services, and nothing was drained: ${problem}`,
    );
  const changed = findChangedVariable(rendered.result ?? [], ours.entries);
  if (changed === undefined) return;
  throw new ProgramError(
    `${where} used for mongo mode, and nothing was drained: as it renders this stack's variables, ${changed}. Its ` +
      "template has to take them as they are (toYaml, without quotes of its own).",
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

function helmRelease(
  name: string,
  from: ReadRelease,
  { namespace, install, timeoutSeconds }: HelmRolloutSettings,
  ours: pulumi.Output<Record<string, unknown>>,
  options: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { release, chart, version, repository, values } = from;
  const { url: repo = "", ca: caFile, ...user } = repository ?? {};
  const repositoryOpts = { repo, ...user, ...(caFile !== undefined && { caFile }) };
  return new (kubernetesSdk().helm.v3.Release)(
    name,
    {
      name: release,
      namespace,
      chart,
      ...(version !== undefined && { version }),
      ...(repository && { repositoryOpts: pulumi.secret(repositoryOpts) }),
      valueYamlFiles: values.map((file) => new pulumi.asset.FileAsset(file)),
      values: ours,
      // Else an empty list of the site's is dropped, and the chart's would apply again.
      allowNullValues: true,
      // Restoring a worker that has advanced runs would be worse than stopping.
      atomic: false,
      // A later step watches the pods.
      skipAwait: true,
      timeout: timeoutSeconds,
      // Helm's own default; else each upgrade leaves a Secret for ever.
      maxHistory: 10,
    },
    {
      ...options,
      // Destroying the stack never uninstalls a site's services.
      retainOnDelete: true,
      // The engine ignores it for a release that the stack has.
      ...(!install && { import: `${namespace}/${release}` }),
    },
  );
}

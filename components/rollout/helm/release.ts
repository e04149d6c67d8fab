import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  createNamespace,
  kubernetesSdk,
  providerArgs,
  type SecretRef,
} from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { childName } from "../../step/program";
import { modeAfter, serviceEnvironment } from "../environment";
import type { Target } from "../target";
import { ourValues, readReleases, renderChart, type ReadRelease } from "./chart";
import { warnOfLostValues } from "./lost-values";
import { connectionSecret } from "./secret";

interface HelmArgs extends Pick<ProgramSettings, "kubernetes" | "direction" | "mongo"> {
  readonly rollout: HelmRolloutSettings;
  /** The services' connection string; secret. */
  readonly appUri?: pulumi.Input<string> | undefined;
  /** When web was last found on files after a cutover: its release is upgraded, even if its values are the same. */
  readonly webOnFilesAt?: pulumi.Output<string> | undefined;
}

/**
 * Worker and web as Helm releases on a Kubernetes API.
 *
 * @param options with the parent of the resources that both services share
 */
export function helmTarget(
  { rollout, kubernetes: api, direction: asked, mongo, appUri, webOnFilesAt }: HelmArgs,
  options: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): Target {
  const { parent } = options;
  const { target, namespace, install } = rollout;
  const called = (name: string) => childName(parent, name);
  const provider = new (kubernetesSdk().Provider)(called("kubernetes"), providerArgs(api), options);
  // A Secret of the site is in a namespace that exists.
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
        const holdsWeb = from.services.some((one) => one.service === "web");
        const description = direction.apply((to) =>
          holdsWeb && to === "forward" ? webOnFilesAt?.apply(describeUpgrade) : undefined,
        );
        // The type of an input does not allow undefined, and an output may be it.
        const change = {
          values,
          description: description as pulumi.Output<unknown> as pulumi.Output<string>,
        };
        resource = helmRelease(called(name), from, rollout, change, { ...own, provider });
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

/** The Secret. A preview that would create it gives it another name, because charts are rendered there too. */
function secretInPreview(
  { connectionSecret: { name, key } }: HelmRolloutSettings,
  known: pulumi.Output<SecretRef>,
): pulumi.Output<SecretRef> {
  if (!pulumi.runtime.isDryRun() || name !== undefined) return known;
  return pulumi.output({ name: "known-in-up", key });
}

/** Helm's description of an upgrade: without it, nothing of a release would differ after a change by hand. */
const describeUpgrade = (webOnFilesAt: string | undefined) =>
  webOnFilesAt === undefined ? undefined : `Web was on files at ${webOnFilesAt}`;

function helmRelease(
  name: string,
  from: ReadRelease,
  { namespace, install, timeoutSeconds }: HelmRolloutSettings,
  change: Pick<kubernetes.helm.v3.ReleaseArgs, "values" | "description">,
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
      ...change,
      // Otherwise an empty list of the site is dropped, and the chart's list would apply again.
      allowNullValues: true,
      // Restoring a worker that has advanced runs would be worse than stopping.
      atomic: false,
      // A later step watches the pods.
      skipAwait: true,
      timeout: timeoutSeconds,
      // Helm's own default. Without it, each upgrade leaves a Secret forever.
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

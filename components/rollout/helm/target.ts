import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createNamespace, kubernetesSdk, providerArgs } from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { connectionSecret, deleteFormerSecrets } from "../secrets";
import type { Target } from "../target";
import { renderChart } from "./chart";
import { helmRelease, ourValues, readReleases, type ReadRelease } from "./release";

interface HelmArgs extends Pick<ProgramSettings, "kubernetes" | "storageMode" | "mongo"> {
  readonly rollout: HelmRolloutSettings;
  /** The services' connection string, a secret. */
  readonly appUri?: pulumi.Input<string> | undefined;
}

/**
 * Worker and web as Helm releases on a Kubernetes API.
 *
 * @param options with the parent of what is shared by both services
 */
export function helmTarget(
  { rollout, kubernetes: api, storageMode, mongo, appUri }: HelmArgs,
  options: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): Target {
  const { parent } = options;
  const { target, namespace, install } = rollout;
  const provider = new (kubernetesSdk().Provider)("kubernetes", providerArgs(api), options);
  const isOwnSecret = rollout.connectionSecret.name === undefined;
  // A Secret of the site's is in a namespace that exists.
  const isNew = install && isOwnSecret;
  const made = isNew ? [createNamespace("namespace", namespace, { parent, provider })] : [];
  const secretRef = connectionSecret(rollout, appUri, { parent, provider, dependsOn: made });
  const releases = readReleases(rollout, storageMode);
  const registered = new Map<ReadRelease, kubernetes.helm.v3.Release>();
  return {
    secretRef,
    rendered: secretRef.apply(async (secret) => {
      const rendering = releases.map(async (one) => {
        const values = ourValues(one, mongo, storageMode, secret);
        const options = { parent, provider };
        await renderChart(one, { namespace, values, mode: storageMode }, options);
        return one.release;
      });
      return Promise.all(rendering);
    }),
    deploy: (service, { direction, mode }, options) => {
      const from = releases.find(({ services }) => services.some((one) => one.service === service));
      if (!from) throw new Error(`No release holds ${service}.`);
      const isShared = from.services.length > 1;
      const [name, own] = isShared ? ["release", { ...options, parent }] : [service, options];
      // One of both is registered for the worker, who comes first.
      const resource =
        registered.get(from) ??
        helmRelease(name, from, rollout, api, {
          values: pulumi
            .all([mode, secretRef])
            .apply(([mode, secret]) => ourValues(from, mongo, mode, secret)),
          options: { ...own, provider },
        });
      registered.set(from, resource);
      const { release } = from;
      const { revision } = resource.status;
      const summary = pulumi
        .all([revision, mode])
        .apply(([revision, mode]) => ({ target, mode, namespace, release, revision }));
      return { resource, direction, revision, summary };
    },
    ...(isOwnSecret && {
      cleanUp: (options) => {
        deleteFormerSecrets({ ...api, namespace }, secretRef, options);
      },
    }),
  };
}

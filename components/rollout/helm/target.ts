import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HelmRolloutSettings } from "../../settings";
import { DrainResource, PodsReplacedResource } from "../pods/resources";
import { connectionSecret, ownSecrets } from "../secrets/connection-secret";
import { FormerSecrets } from "../secrets/former-secrets";
import type { ServicesArgs, Target } from "../target";
import { serviceRelease } from "./release";

/** Worker and web as Helm releases on a Kubernetes API. */
export function helmTarget(
  args: ServicesArgs<HelmRolloutSettings>,
  parent: pulumi.Resource,
): Target {
  const { settings, mode } = args;
  const { kubeconfig, context, namespace, timeoutSeconds } = settings;
  const api = { ...(kubeconfig !== undefined && { kubeconfig }), ...(context && { context }) };
  const provider = new kubernetes.Provider("kubernetes", api, { parent });
  // A Secret of the site's is in a namespace that exists.
  const isNew = settings.install && settings.connectionSecret.name === undefined;
  const made = isNew ? [namespaceOf(namespace, { parent, provider })] : [];
  const secretRef = connectionSecret(args, { parent, provider, dependsOn: made });
  const pods = { ...api, namespace, mode, timeoutSeconds };
  return {
    secretRef,
    drain: (options) => {
      const { release } = settings.worker;
      return new DrainResource("worker-drain", { ...pods, release, service: "worker" }, options)
        .drains;
    },
    rollOut: (service, drains, options) => {
      const { release: name } = settings[service];
      const release = serviceRelease(service, args, secretRef, { ...options, provider });
      const { revision } = release.status;
      const replaced = new PodsReplacedResource(
        `${service}-pods`,
        { ...pods, release: name, service, drains, revision },
        { ...options, dependsOn: release },
      );
      if (service === "web" && settings.connectionSecret.name === undefined) {
        const inUse = secretRef.apply(({ name }) => name);
        const former = { ...api, namespace, selector: ownSecrets(), inUse };
        new FormerSecrets("former-secrets", former, { ...options, dependsOn: replaced });
      }
      return pulumi.all([revision, replaced.urn]).apply(([revision]) => ({
        target: "helm" as const,
        mode,
        namespace,
        release: name,
        revision,
      }));
    },
  };
}

/** Destroying the stack leaves the namespace, because the services in it stay. */
function namespaceOf(name: string, options: pulumi.CustomResourceOptions) {
  const metadata = { name };
  const kept = { ...options, retainOnDelete: true };
  return new kubernetes.core.v1.Namespace("namespace", { metadata }, kept);
}

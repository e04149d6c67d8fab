import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HelmRolloutSettings } from "../../settings";
import { DrainResource, PodsReplacedResource } from "../pods/resources";
import { connectionSecret, ownSecrets } from "../secrets/connection-secret";
import { FormerSecrets } from "../secrets/former-secrets";
import { serviceModes, sharedStep } from "../step/modes";
import type { ServicesArgs, Target } from "../target";
import { refusePending } from "./pending";
import { releasesOf } from "./releases";

/**
 * Worker and web as Helm releases on a Kubernetes API.
 *
 * @param options with the parent of what is neither service's alone
 */
export function helmTarget(
  args: ServicesArgs<HelmRolloutSettings>,
  options: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): Target {
  const { settings, kubernetes: api, mode } = args;
  const { parent } = options;
  const { namespace, timeoutSeconds } = settings;
  const provider = new kubernetes.Provider("kubernetes", api, options);
  // A Secret of the site's is in a namespace that exists.
  const isNew = settings.install && settings.connectionSecret.name === undefined;
  const made = isNew ? [namespaceOf(namespace, { parent, provider })] : [];
  const secretRef = connectionSecret(args, { parent, provider, dependsOn: made });
  const releases = releasesOf(args, secretRef, parent);
  const modes = serviceModes(mode, settings);
  const step = sharedStep(settings);
  const pods = { ...api, namespace, timeoutSeconds };
  const watched: pulumi.Resource[] = [];
  return {
    secretRef,
    drain: (options) => {
      // What Helm would refuse later is refused before the worker stops; all else waits for the drain.
      const settled = refusePending({ ...api, namespace }, releases.names).then(() => namespace);
      const worker = { ...pods, ...releases.address("worker"), namespace: settled, mode };
      return new DrainResource("worker-drain", { ...worker, service: "worker" }, options).drains;
    },
    rollOut: (service, drains, options) => {
      const release = releases.of(service, { ...options, provider });
      const { revision } = release.status;
      const address = releases.address(service);
      const replaced = new PodsReplacedResource(
        `${service}-pods`,
        { ...pods, ...address, mode: modes[service], service, drains, revision, step },
        // A release of both is there before web's rollout begins, which waits for the worker.
        { ...options, dependsOn: step === undefined ? release : [release, ...watched] },
      );
      watched.push(replaced);
      if (service === "web" && settings.connectionSecret.name === undefined) {
        const inUse = secretRef.apply(({ name }) => name);
        const isEarly = step === "worker" || undefined;
        const former = { ...api, namespace, selector: ownSecrets(), inUse, isEarly };
        new FormerSecrets("former-secrets", former, { ...options, dependsOn: replaced });
      }
      return pulumi.all([revision, replaced.urn]).apply(([revision]) => ({
        target: "helm" as const,
        mode: modes[service],
        namespace,
        release: address.release,
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

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HelmRolloutSettings } from "../../settings";
import { StepResource } from "../../step/program";
import { PodsReplaced } from "../pods";
import { drainOf } from "../pods/resources";
import { connectionSecret, ownSecrets } from "../secrets/connection-secret";
import { FormerSecrets } from "../secrets/provider";
import { serviceModes, sharedRelease } from "../update/modes";
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
  const { settings, kubernetes: api, mode, directions } = args;
  const { parent } = options;
  const { namespace, timeoutSeconds } = settings;
  const provider = new kubernetes.Provider("kubernetes", api, options);
  // A Secret of the site's is in a namespace that exists.
  const isNew = settings.install && settings.connectionSecret.name === undefined;
  const made = isNew ? [namespaceOf(namespace, { parent, provider })] : [];
  const secretRef = connectionSecret(args, { parent, provider, dependsOn: made });
  const releases = releasesOf(args, secretRef, parent);
  const modes = serviceModes(mode, settings);
  const step = sharedRelease(settings)?.step;
  const pods = { ...api, namespace, timeoutSeconds };
  const watched: pulumi.Resource[] = [];
  return {
    secretRef,
    drain: (options) => {
      // What Helm would refuse later is refused before the worker stops; all else waits for the drain.
      const settled = refusePending({ ...api, namespace }, releases.names).then(() => namespace);
      const address = { ...releases.address("worker"), releases: releases.names };
      const worker = { ...pods, ...address, namespace: settled, mode };
      const inputs = { direction: directions.worker, ...worker, service: "worker" as const };
      return drainOf("worker-drain", inputs, options);
    },
    rollOut: (service, drained, options) => {
      const release = releases.of(service, { ...options, provider });
      const { revision } = release.status;
      const address = releases.address(service);
      const inputs = {
        ...pods,
        ...address,
        mode: modes[service],
        service,
        ...drained,
        revision,
        step,
      };
      const replaced = new StepResource(
        PodsReplaced,
        `${service}-pods`,
        { direction: directions[service], ...inputs },
        // A release of both is there before web's rollout begins, which waits for the worker.
        { ...options, dependsOn: step === undefined ? release : [release, ...watched] },
      );
      watched.push(replaced);
      if (service === "web" && settings.connectionSecret.name === undefined) {
        formerSecrets(args, secretRef, { ...options, dependsOn: replaced });
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

/** The Secrets with former connection strings, which go last. */
function formerSecrets(
  { settings, kubernetes: api, directions }: ServicesArgs<HelmRolloutSettings>,
  secretRef: Target["secretRef"],
  options: pulumi.CustomResourceOptions,
): void {
  // The same in both directions: pods may have a former one until web's are watched.
  const direction = directions.web === "rest" ? ("rest" as const) : undefined;
  const inUse = secretRef.apply(({ name }) => name);
  const inputs = {
    direction,
    ...api,
    namespace: settings.namespace,
    selector: ownSecrets(),
    inUse,
  };
  new StepResource(FormerSecrets, "former-secrets", inputs, options);
}

/** Destroying the stack leaves the namespace, because the services in it stay. */
function namespaceOf(name: string, options: pulumi.CustomResourceOptions) {
  const metadata = { name };
  const kept = { ...options, retainOnDelete: true };
  return new kubernetes.core.v1.Namespace("namespace", { metadata }, kept);
}

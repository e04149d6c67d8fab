import * as pulumi from "@pulumi/pulumi";
import { createNamespace, kubernetesSdk, providerArgs } from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import { StepResource } from "../../step/program";
import { PodsReplaced } from "../pods/inputs";
import { connectionSecret, ownSecrets } from "../secrets/connection-secret";
import { FormerSecrets } from "../secrets/provider";
import { effectiveMode } from "../mode-change";
import type { Drained, ServicesArgs, Target } from "../target";
import { releasesOf } from "./releases";

/**
 * Worker and web as Helm releases on a Kubernetes API.
 *
 * @param options with the parent of what is shared by both services
 */
export function helmTarget(
  args: ServicesArgs<HelmRolloutSettings>,
  options: pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource },
): Target {
  const { settings, kubernetes: api, direction } = args;
  const { parent } = options;
  const { target, namespace, timeoutSeconds } = settings;
  const provider = new (kubernetesSdk().Provider)("kubernetes", providerArgs(api), options);
  // A Secret of the site's is in a namespace that exists.
  const isNew = settings.install && settings.connectionSecret.name === undefined;
  const made = isNew ? [createNamespace("namespace", namespace, { parent, provider })] : [];
  const secretRef = connectionSecret(args, { parent, provider, dependsOn: made });
  const releases = releasesOf(args, secretRef, parent);
  const pods = { ...api, namespace, timeoutSeconds };
  const watched: pulumi.Resource[] = [];
  // Web of a release that holds both is paused by the worker's drain.
  let drains: Drained["drains"];
  return {
    secretRef,
    rendered: releases.rendered({ parent, provider }),
    rollOut: (service, before, options) => {
      const change = effectiveMode(service, direction, before.direction);
      const release = releases.of(service, change.mode, { ...options, provider });
      const { revision } = release.status;
      const address = releases.address(service);
      drains = before.drained.drains ?? (target === "umbrella" ? drains : undefined);
      const inputs = {
        ...pods,
        ...address,
        ...change,
        service,
        ...before.drained,
        drains,
        revision,
      };
      const replaced = new StepResource(
        PodsReplaced,
        `${service}-pods`,
        inputs,
        // A release of both is there before web's rollout begins, which waits for the worker.
        { ...options, dependsOn: [release, ...watched] },
      );
      watched.push(replaced);
      if (service === "web" && settings.connectionSecret.name === undefined) {
        formerSecrets(args, secretRef, { ...options, dependsOn: replaced });
      }
      const summary = pulumi
        .all([revision, change.mode, replaced.urn])
        .apply(([revision, mode]) => ({
          target,
          mode,
          namespace,
          release: address.release,
          revision,
        }));
      const stoppedSeconds = replaced.output("stoppedSeconds");
      return { direction: replaced.lastDirection, summary, stoppedSeconds };
    },
  };
}

function formerSecrets(
  { settings, kubernetes: api }: ServicesArgs<HelmRolloutSettings>,
  secretRef: Target["secretRef"],
  options: pulumi.CustomResourceOptions,
): void {
  const inUse = secretRef.apply(({ name }) => name);
  const { namespace } = settings;
  const inputs = { ...api, namespace, selector: ownSecrets(), inUse };
  new StepResource(FormerSecrets, "former-secrets", inputs, options);
}

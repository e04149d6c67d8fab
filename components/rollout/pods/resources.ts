import * as pulumi from "@pulumi/pulumi";
import type { ProgramSettings } from "../../settings/program";
import { StepResource, type Args } from "../../step/program";
import type { Drained, WorkerDrained } from "../target";
import { Drain, DrainRequest, type DrainInputs } from "./inputs";

type Asked = Omit<DrainInputs, "requests">;

/** The settings that a drain follows from. */
export type DrainSettings = Pick<
  ProgramSettings,
  "storageMode" | "rollout" | "kubernetes" | "direction" | "advanced"
>;

/** Where the worker is and what its drain needs to know; undefined if the stack sees no pods. */
export function workerDrainInputs(settings: DrainSettings): Args<Asked> | undefined {
  const { storageMode: mode, rollout, kubernetes, direction } = settings;
  const { timeoutSeconds, ignorePods } = rollout;
  const { acceptCluster } = settings.advanced;
  const common = { direction, service: "worker" as const, mode, timeoutSeconds };
  const all = { ...kubernetes, ...common, ignorePods, acceptCluster };
  if (rollout.target === "values") {
    const { confirm } = rollout;
    if (confirm === "none") return undefined;
    return { ...all, namespace: confirm.namespace, selector: confirm.selector.worker };
  }
  const { namespace, install, worker, web } = rollout;
  const place = { ...all, namespace, install, selector: worker.selector };
  if (rollout.target === "umbrella") {
    const { release } = rollout;
    return { ...place, release, releases: [release], webSelector: web.selector };
  }
  const releases = [rollout.worker.release, rollout.web.release];
  return { ...place, release: releases[0], releases };
}

/** A service's drain, with the record before it that it is asked for. */
export function drainOf(
  name: string,
  inputs: Args<Asked>,
  options: pulumi.CustomResourceOptions,
): WorkerDrained {
  const { direction, service, kubeconfig, context, namespace } = inputs;
  // The cluster may have another name than at the drain.
  const address = { kubeconfig, context, namespace };
  const asked = { direction, service };
  const request = new StepResource(DrainRequest, `${name}-request`, asked, options);
  const requests = request.output("requests") as pulumi.Output<number>;
  const requestedAt = request.output("requestedAt") as pulumi.Output<string>;
  const all = { ...inputs, requests, requestedAt };
  const drain = new StepResource(Drain, name, all, options);
  return {
    direction: drain.lastDirection,
    drained: {
      drains: drain.output("drains") as pulumi.Output<number>,
      stoppedAt: drain.output("stoppedAt") as pulumi.Output<string>,
      standstill: pulumi
        .all([drain.output("standstill"), address])
        .apply(([still, address]) => still && { ...still, address }) as Drained["standstill"],
    },
  };
}

import * as pulumi from "@pulumi/pulumi";
import { StepResource, timesThrough, type Args } from "../../step/program";
import type { Drained, WorkerDrained } from "../target";
import { Drain, DrainRequest, type DrainInputs } from "./inputs";

/** A service's drain, with the record before it that it is asked for. */
export function drainOf(
  name: string,
  inputs: Args<Omit<DrainInputs, "requests">>,
  options: pulumi.CustomResourceOptions,
): WorkerDrained {
  const { direction, service } = inputs;
  const asked = { direction, service };
  const request = new StepResource(DrainRequest, `${name}-request`, asked, options);
  const all = { ...inputs, requests: request.output("requests") as pulumi.Output<number> };
  const drain = new StepResource(Drain, name, all, options);
  return {
    direction: drain.lastDirection,
    drained: {
      drains: drain.output("drains") as pulumi.Output<number>,
      standstill: drain.output("standstill") as Drained["standstill"],
    },
    // A drain that is killed leaves nothing of itself; its request was there before.
    times: pulumi
      .all([request.times, drain.times])
      .apply(([first, last]) => timesThrough(first, last)),
  };
}

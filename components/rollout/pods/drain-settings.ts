import { drainGateOf } from "../../settings";
import type { Args } from "../../step/program";
import { resolveTarget, serviceAddress } from "../placement";
import type { DrainSettings } from "../target";
import { ownValuesFiles } from "../values/inputs";
import type { DrainInputs } from "./inputs";

/**
 * The inputs of the worker's drain from the settings; undefined if the program sees no pods.
 *
 * @param stack its full name
 */
export function workerDrainInputs(
  settings: DrainSettings,
  stack: string,
): Args<Omit<DrainInputs, "requests" | "requestedAt">> | undefined {
  const { rollout, direction, advanced, cutover } = settings;
  const { timeoutSeconds, ignorePods } = rollout;
  const { releases, install } = resolveTarget(rollout);
  const address = serviceAddress(settings, "worker");
  const web = serviceAddress(settings, "web");
  return (
    address && {
      ...address,
      direction,
      service: "worker",
      timeoutSeconds,
      ignorePods,
      install,
      releases: releases.length > 0 ? releases.map(({ release }) => release) : undefined,
      web: { release: web?.release, selector: web?.selector },
      acceptCluster: advanced.acceptCluster,
      cutover,
      gate: drainGateOf(settings),
      files: ownValuesFiles(settings, stack),
    }
  );
}

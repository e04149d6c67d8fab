import { describeController, ifInReach, describePlace, previewTimeoutMs } from "../../kubernetes";
import { mongoFirst } from "../ways-out";
import { namespaceAt } from "./api";
import type { DrainInputs } from "./inputs";
import { describeMode } from "./remaining";
import { controllersOf } from "./service";

/**
 * Why a drain that is new to the stack must not be one to files; undefined where it may. Where the
 * service works on MongoDB, the stack was destroyed, or lost its state: it would drain nothing, export
 * nothing and set no run aside, and the service would go on from files as old as the cutover.
 *
 * @throws ClusterError, KubeconfigError
 */
export async function findUnknownCutover(
  inputs: DrainInputs,
  timeoutMs?: number,
): Promise<string | undefined> {
  const { service, mode } = inputs;
  if (mode !== "filesystem") return undefined;
  const namespace = await namespaceAt(inputs, timeoutMs);
  const onMongo = (await controllersOf(namespace, inputs))
    .filter((controller) => describeMode(controller, service) === "mongo")
    .map(describeController);
  if (onMongo.length === 0) return undefined;
  const place = describePlace(namespace.place);
  return `${onMongo.join(", ")} in ${place} is in mongo mode. ${mongoFirst}`;
}

/** The same before the step, for a preview: a cluster unreachable is left to the step to report. */
export function foreseeCutover(inputs: DrainInputs): Promise<string | undefined> {
  return ifInReach(() => findUnknownCutover(inputs, previewTimeoutMs));
}

import { clusterAt, findMissingRights, identityOf, servicesRights } from "../../kubernetes";
import { findingsFrom, type Finding } from "../../text";
import type { DrainInputs } from "../pods/inputs";
import { workerDrainInputs } from "../pods/drain-settings";
import { findRefusals } from "../pods/refusal";
import type { DrainSettings } from "../target";
import { ownValuesFiles } from "../values/inputs";
import { findModes, findUnchangeable, findUnfitFiles } from "./services-check";

/**
 * Inspects the services for a cutover, as if the stack knew of none: the account's rights, the services, their releases
 * and values files, and the tools that deploy them. Changes nothing.
 *
 * @param stack its name, also without project and organization; empty if it is not known
 * @throws ClusterError, KubeconfigError
 */
export async function inspectServices(
  settings: Omit<DrainSettings, "direction">,
  stack: string,
): Promise<Finding[]> {
  const forward = { ...settings, direction: "forward" } as const;
  const unfit = await findUnfitFiles({ files: ownValuesFiles(forward, stack) });
  const stated = workerDrainInputs(forward, stack);
  if (!stated) return unfit;
  // As the engine hands them over, without undefined members.
  const inputs = JSON.parse(JSON.stringify(stated)) as DrainInputs;
  const cluster = await clusterAt(inputs, 5_000);
  const missing = await findMissingRights(cluster, servicesRights);
  const clusterIdentity = await identityOf(cluster, inputs.acceptCluster);
  return [
    ...findingsFrom(missing, { severity: "stop", code: "cluster-not-checked" }),
    ...(await findModes(cluster, inputs)),
    // Releases that exist may be the stack's own: only its state knows.
    ...(await findUnchangeable(cluster, inputs, inputs)),
    ...(await findRefusals(cluster, { ...inputs, clusterIdentity })),
    ...unfit,
  ];
}

import type { RolloutSettings, SharedReleaseSettings, StorageMode } from "../../settings";
import type { Service } from "../environment";

/** What a stack asks of a release that holds both services. */
export interface WantedStep {
  readonly release: string;
  readonly step: Service;
  readonly mode: StorageMode;
}

/** The modes that the Deployments of each service state; none where nothing is deployed. */
export type FoundModes = Readonly<Record<Service, readonly string[]>>;

/** Whether an update would take a service to another mode. One that is new starts in any. */
export function moves(service: Service, { step, mode }: WantedStep, found: FoundModes): boolean {
  return found[service].some((one) => one !== modesIn(step, mode)[service]);
}

/**
 * Why an update must not be, and what to do instead; undefined where it moves the service of its
 * step alone. One that takes the worker back while web is where it was (a cutover or a rollback that
 * is abandoned between its steps) is such an update too, with `rollout.step: web`.
 */
export function refusalOf(wanted: WantedStep, found: FoundModes): string | undefined {
  const { release, step, mode } = wanted;
  const isNew = found.worker.length + found.web.length === 0;
  if (isNew && step === "worker") {
    return (
      `Release ${release} has no workloads. Check rollout.shared.release and rollout.namespace. If the ` +
      `release is new, set rollout.step: web: both services then start in ${mode} mode.`
    );
  }
  if (!moves("web", wanted, found)) return undefined;
  const stand = `In release ${release} the worker is in ${formatModes(found.worker)} mode and web in ${formatModes(found.web)} mode.`;
  const asked = `storageMode: ${mode} with rollout.step: ${step}`;
  if (step === "worker") {
    const other = modesIn(step, mode).web;
    return `${stand} ${asked} would change web to ${other} mode. Set rollout.step: web, because web is already in ${mode} mode.`;
  }
  if (!moves("worker", wanted, found)) return undefined;
  return (
    `${stand} ${asked} would change both to ${mode} mode in one upgrade. Set rollout.step: worker and ` +
    "run pulumi up, then set rollout.step: web and run it again."
  );
}

function formatModes(modes: readonly string[]): string {
  return [...new Set(modes)].join(" and ") || "no";
}

/** In which mode worker and web are to be. */
export type ServiceModes = Readonly<Record<Service, StorageMode>>;

/**
 * The modes that the settings ask for. Web follows the worker in the same update, but where one
 * release holds both: there it stays in the other mode until `rollout.step` is `web` (decision 14).
 */
export function serviceModes(mode: StorageMode, rollout: RolloutSettings): ServiceModes {
  return modesIn(findSharedRelease(rollout)?.step ?? "web", mode);
}

/** The modes of both services in a step of a release that holds both. */
export function modesIn(step: Service, mode: StorageMode): ServiceModes {
  return { worker: mode, web: step === "web" ? mode : otherMode(mode) };
}

/** The settings of a release that holds both services; undefined where each has a release of its own. */
export function findSharedRelease(rollout: RolloutSettings): SharedReleaseSettings | undefined {
  return rollout.target === "helm" && "shared" in rollout ? rollout : undefined;
}

/** The mode that a change of `storageMode` leaves. */
export function otherMode(mode: StorageMode): StorageMode {
  return mode === "mongo" ? "filesystem" : "mongo";
}

import type { RolloutSettings, SharedReleaseSettings, StorageMode } from "../../settings";
import type { Service } from "../environment";

/** In which mode worker and web are to be. */
export type ServiceModes = Readonly<Record<Service, StorageMode>>;

/**
 * The modes that the settings ask for. Web follows the worker in the same update, but where one
 * release holds both: there it stays in the other mode until `rollout.step` is `web` (decision 14).
 */
export function serviceModes(mode: StorageMode, rollout: RolloutSettings): ServiceModes {
  return modesIn(sharedRelease(rollout)?.step ?? "web", mode);
}

/** The modes of both services in a step of a release that holds both. */
export function modesIn(step: Service, mode: StorageMode): ServiceModes {
  return { worker: mode, web: step === "web" ? mode : otherMode(mode) };
}

/** The settings of a release that holds both services; undefined where each has a release of its own. */
export function sharedRelease(rollout: RolloutSettings): SharedReleaseSettings | undefined {
  return rollout.target === "helm" && "shared" in rollout ? rollout : undefined;
}

/** The mode that a change of `storageMode` leaves. */
export function otherMode(mode: StorageMode): StorageMode {
  return mode === "mongo" ? "filesystem" : "mongo";
}

import type { RolloutSettings, StorageMode } from "../../settings";
import type { Service } from "../environment";

/** In which mode worker and web are to be. */
export interface ServiceModes extends Readonly<Record<Service, StorageMode>> {
  /** Of what is done once both are in Mongo mode: until then it rests as in filesystem mode. */
  readonly both: StorageMode;
}

/**
 * The modes that the settings ask for. Web follows the worker in the same update, but where one
 * release holds both (`rollout.shared`): there it stays in the other mode until
 * `rollout.step` is `web` (decision 14).
 */
export function serviceModes(mode: StorageMode, rollout: RolloutSettings): ServiceModes {
  const step = sharedStep(rollout);
  return step === undefined ? { worker: mode, web: mode, both: mode } : modesIn(step, mode);
}

/** The modes of both services in a step of a release that holds both. */
export function modesIn(step: Service, mode: StorageMode): ServiceModes {
  if (step === "web") return { worker: mode, web: mode, both: mode };
  return { worker: mode, web: otherMode(mode), both: "filesystem" };
}

/** The step of a release that holds both services; undefined where each has a release of its own. */
export function sharedStep(rollout: RolloutSettings): Service | undefined {
  return rollout.target === "helm" && "shared" in rollout ? rollout.step : undefined;
}

/** The mode that a change of `storageMode` leaves. */
export function otherMode(mode: StorageMode): StorageMode {
  return mode === "mongo" ? "filesystem" : "mongo";
}

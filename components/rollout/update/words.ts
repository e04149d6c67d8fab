import type { StorageMode } from "../../settings";
import type { Service } from "../environment";
import { modesIn, otherMode } from "./modes";

/** What comes after a step, for a stack's outputs. */
export function describeNext(step: Service): string {
  return step === "worker"
    ? "set rollout.step: web and run pulumi up"
    : "nothing until storageMode changes; then also set rollout.step: worker";
}

/** What an update of only the worker leaves to be done. */
export function workerAlone(mode: StorageMode): string {
  const { web } = modesIn("worker", mode);
  return (
    `This update changes the worker to ${mode} mode and leaves web in ${web} mode. ` +
    `Next: ${describeNext("worker")}. ` +
    (mode === "mongo"
      ? "Second handover, verification and log expiry wait for it."
      : "The export of what web still writes to MongoDB waits for it.")
  );
}

/**
 * What stands beside Helm's own error where it refuses web's upgrade: that error knows nothing of the
 * worker.
 */
export function webGoesOver(mode: StorageMode): string {
  return (
    `web changes to ${mode} mode, which the worker already has. If the release cannot be upgraded, the ` +
    "services use different stores. Either fix the cause and run pulumi up again; or set " +
    `storageMode: ${otherMode(mode)}, leave rollout.step: web, and run pulumi up, which returns the worker.`
  );
}

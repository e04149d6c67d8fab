import type { StorageMode } from "../settings";
import type { Service } from "./environment";
import { otherMode } from "./update/modes";

/** What a step that failed leaves to the one who reads its error. */
export const goOn =
  "Nothing was put back. Mend the cause, then run pulumi up again: it goes on from here.";

/** What to do where services work on MongoDB by a cutover that this step knows nothing of. */
export const mongoFirst =
  "This step is new to the stack. Where the cutover was made with other settings of rollout (target, " +
  "confirm), put these back, and run again. Else the stack knows of no cutover: its rollback would export " +
  "nothing, and the services would go on from files as old as the cutover. Run pulumi up with " +
  "storageMode: mongo first, which is a cutover of this stack and loses nothing; then set storageMode: " +
  "filesystem again.";

/** Where a service arrives, or does not. */
interface Arrival {
  readonly service: Service;
  readonly mode: StorageMode;
  /** Where one release holds both services, the one that goes over in this update. */
  readonly step?: Service;
}

/** What to do where a service does not arrive in a mode. Web follows the worker. */
export function waysOut({ service, mode, step }: Arrival): string {
  if (service === "worker") return goOn;
  const [now, before] = mode === "mongo" ? ["Mongo", "filesystem"] : ["filesystem", "Mongo"];
  const back =
    step === undefined
      ? takesTheWorkerBack(mode)
      : `${setBack(mode)} with rollout.step: worker and run pulumi up, then rollout.step: web and ` +
        "run it again, which take both back.";
  return `The worker is in ${now} mode, and pods of web may still be in ${before} mode. ${twoWays(back)}`;
}

/**
 * What is said when the worker has arrived in a mode. Where Helm refuses web's release, the error is
 * Helm's own and knows nothing of the worker: this line stands beside it.
 */
export function webIsNext({ mode, step }: Arrival): string {
  if (step === undefined) {
    return `worker: web is next. Where it cannot follow, the services work on different stores. ${twoWays(takesTheWorkerBack(mode))}`;
  }
  return (
    "worker: web is next, in an update of its own: set rollout.step: web and run pulumi up. Until then " +
    `the services work on different stores. To go back instead, ${setBack(mode)} with rollout.step: web ` +
    "and run pulumi up, which takes the worker back."
  );
}

function twoWays(back: string): string {
  return `Two ways out: mend the cause and run pulumi up again, which goes on from here; or ${back}`;
}

function takesTheWorkerBack(mode: StorageMode): string {
  return `${setBack(mode)} and run pulumi up, which takes the worker back too.`;
}

function setBack(mode: StorageMode): string {
  return `set storageMode: ${otherMode(mode)}`;
}

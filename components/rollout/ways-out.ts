import type { StorageMode } from "../settings";
import type { Service } from "./environment";

/** What a step that failed leaves to the one who reads its error. */
export const goOn =
  "Nothing was put back. Mend the cause, then run pulumi up again: it goes on from here.";

/** What to do where a service does not arrive in a mode. Web follows the worker. */
export function waysOut(service: Service, mode: StorageMode): string {
  if (service === "worker") return goOn;
  const [now, before] = mode === "mongo" ? ["Mongo", "filesystem"] : ["filesystem", "Mongo"];
  return `The worker is in ${now} mode, and pods of web may still be in ${before} mode. ${twoWays(mode)}`;
}

/**
 * What is said when the worker has arrived in a mode. Where Helm refuses web's release, the error is
 * Helm's own and knows nothing of the worker: this line stands beside it.
 */
export function webIsNext(mode: StorageMode): string {
  return `worker: web is next. Where it cannot follow, the services work on different stores. ${twoWays(mode)}`;
}

function twoWays(mode: StorageMode): string {
  const back = mode === "mongo" ? "filesystem" : "mongo";
  return (
    "Two ways out: mend the cause and run pulumi up again, which goes on from here; or set " +
    `storageMode: ${back} and run pulumi up, which takes the worker back too.`
  );
}

import { stepTables } from "../contract";
import { type JsonObject, isJsonObject, memberOf } from "./json";

/** The statuses of a finished step: names in lower case, and their integers, which are the same in each table. */
const finalStatuses: ReadonlySet<unknown> = new Set(
  ["Succeeded", "Failed", "Skipped"].flatMap((name) => [
    name.toLowerCase(),
    stepTables.Run.status.indexOf(name),
  ]),
);

/**
 * Whether a run may still execute steps. A run has no status of its own: it is finished if every enabled step is
 * finished. A run without steps counts as unfinished.
 */
export function isUnfinished(run: JsonObject): boolean {
  const steps = stepsOf(run);
  return steps.length === 0 || !steps.every((step) => hasFinalStatus(step) || isDisabled(step));
}

/** Whether no step of a run was begun: all are pending, without an attempt. Steps that are not enabled do not count. */
export function isUnbegun(run: JsonObject): boolean {
  return stepsOf(run).every((step) => isDisabled(step) || isLeftAt(step, "Pending"));
}

/**
 * Whether a run came to a step: one that is neither pending nor skipped, or that has an attempt. A run that fails skips
 * the steps after it.
 *
 * @param isWanted selects the steps to check; default: all
 */
export function hasComeTo(
  run: JsonObject,
  isWanted: (step: unknown) => boolean = () => true,
): boolean {
  const isLeft = (step: unknown) => isLeftAt(step, "Pending") || isLeftAt(step, "Skipped");
  return stepsOf(run).some((step) => isWanted(step) && !isDisabled(step) && !isLeft(step));
}

/** Whether a step waits, or waited, for an approval. */
export function isGate(step: unknown): boolean {
  return isJsonObject(step) && typeof memberOf(step, "approvalId") === "string";
}

/** Whether a worker that continues from a run would execute a step that the other state of this run has finished. */
export function wouldRepeatSteps(run: JsonObject, other: JsonObject): boolean {
  if (!isUnfinished(run)) return false;
  const over = stepsOf(run).filter((step) => hasFinalStatus(step) || isDisabled(step));
  const ids = new Set(over.map(idOf));
  return stepsOf(other).some((step) => hasFinalStatus(step) && !ids.has(idOf(step)));
}

/** The steps of a run as they are; none if it has no list. */
export function stepsOf(run: JsonObject): readonly unknown[] {
  const steps = memberOf(run, "steps");
  return Array.isArray(steps) ? steps : [];
}

function hasFinalStatus(step: unknown): boolean {
  const status = isJsonObject(step) ? memberOf(step, "status") : undefined;
  // MongoDB's numbers may be objects, and so may those of losslessly parsed JSON.
  const known = typeof status === "object" && status !== null ? Number(status) : status;
  return finalStatuses.has(typeof known === "string" ? known.toLowerCase() : known);
}

/** Whether a step has this status, and no attempt. */
function isLeftAt(step: unknown, name: "Pending" | "Skipped"): boolean {
  if (!isJsonObject(step) || Number(memberOf(step, "attempts") ?? 0) > 0) return false;
  const status = memberOf(step, "status");
  if (typeof status === "string") return status.toLowerCase() === name.toLowerCase();
  return Number(status) === stepTables.Run.status.indexOf(name);
}

function isDisabled(step: unknown): boolean {
  return isJsonObject(step) && memberOf(step, "enabled") === false;
}

function idOf(step: unknown): unknown {
  return isJsonObject(step) ? memberOf(step, "stepId") : undefined;
}

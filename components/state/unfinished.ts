import { stepTables } from "../contract";
import { type JsonObject, isJsonObject, memberOf } from "./json";

/** Statuses as names in lower case, and as their integers, which are the same in each table. */
const setOf = (...names: readonly string[]): ReadonlySet<unknown> =>
  new Set(names.flatMap((name) => [name.toLowerCase(), stepTables.Run.status.indexOf(name)]));

/** The statuses of a finished step, and of one that is not. Any other is unknown. */
const finalStatuses = setOf("Succeeded", "Failed", "Skipped");
const openStatuses = setOf("Pending", "Running");

/**
 * Whether a run may still execute steps. A run has no status of its own: it is finished if every enabled step is
 * finished. A run without steps counts as unfinished, and so does one with an unknown status, so that it is compared and
 * held.
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

/**
 * Whether a worker that continues from a run would execute a step that is over in the other state of this run. An
 * unknown status may be final: there, the step counts as over.
 */
export function wouldRepeatSteps(run: JsonObject, other: JsonObject): boolean {
  if (!isUnfinished(run)) return false;
  const own = new Map(stepsOf(run).map((step) => [idOf(step), step]));
  return stepsOf(other).some((step) => {
    const status = statusOf(step);
    if (status == null || openStatuses.has(status)) return false;
    const before = own.get(idOf(step));
    return !hasFinalStatus(before) && !isDisabled(before) && statusOf(before) !== status;
  });
}

/** The steps of a run as they are; none if it has no list. */
export function stepsOf(run: JsonObject): readonly unknown[] {
  const steps = memberOf(run, "steps");
  return Array.isArray(steps) ? steps : [];
}

function hasFinalStatus(step: unknown): boolean {
  return finalStatuses.has(statusOf(step));
}

/** The status of a step: a name in lower case, or an integer. */
function statusOf(step: unknown): unknown {
  const status = isJsonObject(step) ? memberOf(step, "status") : undefined;
  // MongoDB's numbers may be objects, and so may those of losslessly parsed JSON.
  const known = typeof status === "object" && status !== null ? Number(status) : status;
  return typeof known === "string" ? known.toLowerCase() : known;
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

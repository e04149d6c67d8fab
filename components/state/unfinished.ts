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
 * Whether a run may still execute steps. A run has no status of its own: it is finished if every enabled step is. A
 * run without steps counts as unfinished.
 */
export function isUnfinished(run: JsonObject): boolean {
  const steps = stepsOf(run);
  return steps.length === 0 || !steps.every((step) => hasFinalStatus(step) || isDisabled(step));
}

/**
 * Whether no step of a run was begun: all are pending, without an attempt. Steps that are not enabled do not count.
 *
 * @param isAsked which steps are looked at; default all
 */
export function isUnbegun(
  run: JsonObject,
  isAsked: (step: unknown) => boolean = () => true,
): boolean {
  return stepsOf(run).every((step) => isDisabled(step) || isPending(step) || !isAsked(step));
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
  // MongoDB's numbers may be objects, and a lossless reading of JSON gives such too.
  const known = typeof status === "object" && status !== null ? Number(status) : status;
  return finalStatuses.has(typeof known === "string" ? known.toLowerCase() : known);
}

function isPending(step: unknown): boolean {
  if (!isJsonObject(step)) return false;
  const status = memberOf(step, "status");
  const name = typeof status === "string" ? status.toLowerCase() : Number(status);
  return (name === "pending" || name === 0) && Number(memberOf(step, "attempts") ?? 0) === 0;
}

function isDisabled(step: unknown): boolean {
  return isJsonObject(step) && memberOf(step, "enabled") === false;
}

function idOf(step: unknown): unknown {
  return isJsonObject(step) ? memberOf(step, "stepId") : undefined;
}

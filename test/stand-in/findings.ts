import { eventsOf, type Journal, type JournalEvent } from "./journal";
import { hasRunEnded, type RunRecord } from "./records";
import type { Store } from "./store";

/** What a journal cannot know of, and which is not wrong then. */
export interface Excuses {
  /** Runs that were deleted, or that no service submitted: they may be anywhere or nowhere. */
  readonly purged: ReadonlySet<string>;
  /** Whether a worker was killed: it begins again what was in its hand, as another attempt. */
  readonly isKilled: boolean;
  /** Log entries, as `<run's id> <sequence> <message>`, that may be missing: their run was begun elsewhere. */
  readonly superseded?: ReadonlySet<string>;
}

const none: Excuses = { purged: new Set(), isKilled: false };

/**
 * What is wrong in a store by the journal, in words; nothing where every submitted run ended once,
 * every step's attempts were executed and counted once and none after its success, every log entry,
 * approval and artifact is there, and no write was refused.
 *
 * @param store where all runs are, after all of them ended
 */
export async function findFaults(
  store: Store,
  journal: Journal,
  excuses: Excuses = none,
): Promise<string[]> {
  const runs = await store.runs();
  const kept = runs.filter(({ runId }) => !excuses.purged.has(runId));
  const perRun = await Promise.all(kept.map((run) => findingsOfRun(store, journal, run, excuses)));
  return [
    ...eventsOf(journal, "refused").map(({ by, reason }) => `${by} had a write refused: ${reason}`),
    ...missing(journal, runs, excuses),
    ...findRepeats(journal),
    ...perRun.flat(),
  ];
}

/** What was submitted, or decided, or executed, and belongs to no run of a store. */
export function missing(journal: Journal, runs: readonly RunRecord[], { purged } = none): string[] {
  const there = new Set([...runs.map(({ runId }) => runId), ...purged]);
  const submitted = eventsOf(journal, "submitted").map(({ runId }) => runId);
  const lost = submitted.filter((runId) => !there.has(runId));
  const unknown = runs.filter(({ runId }) => !submitted.includes(runId) && !purged.has(runId));
  return [
    ...lost.map((runId) => `run ${runId} is lost`),
    ...unknown.map(({ runId }) => `run ${runId} was never submitted`),
  ];
}

/** What was executed again: an attempt of a step, or a step after its success. */
export function findRepeats(journal: Journal): string[] {
  return [...executedTwice(journal), ...executedAfterSuccess(journal)];
}

function executedTwice(journal: Journal): string[] {
  const seen = new Set<string>();
  return executedIn(journal).flatMap(({ runId, stepId, attempt }) => {
    const words = `attempt ${attempt} of ${stepId} of ${runId}`;
    if (seen.has(words)) return [`${words} is executed again`];
    seen.add(words);
    return [];
  });
}

/** What was executed; an attempt of a gate counts only as it was after the last loss of its approval. */
function executedIn(journal: Journal) {
  const events = journal.events();
  return eventsOf(journal, "executed").filter((event) => {
    const later = events.slice(events.indexOf(event));
    const isOfStep = (one: JournalEvent) =>
      "stepId" in one && one.runId === event.runId && one.stepId === event.stepId;
    const lostAt = later.findIndex((one) => one.event === "lost" && isOfStep(one));
    const isAskedAgain = (one: JournalEvent) =>
      one.event === "executed" && isOfStep(one) && one.attempt === event.attempt;
    return lostAt < 0 || !later.slice(lostAt).some(isAskedAgain);
  });
}

function executedAfterSuccess(journal: Journal): string[] {
  const settled = new Set<string>();
  return journal.events().flatMap((event) => {
    if (event.event !== "settled" && event.event !== "executed") return [];
    const words = `${event.stepId} of ${event.runId}`;
    if (event.event === "settled") settled.add(words);
    else if (settled.has(words)) return [`${words} is executed after its success`];
    return [];
  });
}

async function findingsOfRun(
  store: Store,
  journal: Journal,
  run: RunRecord,
  { isKilled, superseded }: Excuses,
): Promise<string[]> {
  return [
    ...endings(journal, run),
    ...(isKilled ? [] : attempts(journal, run)),
    ...(await logFindings(store, journal, run, superseded)),
    ...(await approvalFindings(store, journal, run)),
    ...(await artifactFindings(store, run)),
  ];
}

function endings(journal: Journal, run: RunRecord): string[] {
  const ends = eventsOf(journal, "ended").filter(({ runId }) => runId === run.runId);
  if (!hasRunEnded(run)) return [`run ${run.runId} has not ended`];
  return ends.length === 1 ? [] : [`run ${run.runId} ended ${ends.length} times`];
}

function attempts(journal: Journal, { runId, steps }: RunRecord): string[] {
  const executed = executedIn(journal).filter((event) => event.runId === runId);
  return steps.flatMap(({ stepId, attempts: counted }) => {
    const times = executed.filter((event) => event.stepId === stepId).length;
    if (times === counted) return [];
    return [`${stepId} of ${runId} is executed ${times} times and counted ${counted} times`];
  });
}

async function logFindings(
  store: Store,
  journal: Journal,
  { runId }: RunRecord,
  superseded: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const lines = (await store.logs(runId)).map(({ sequence, message }) => `${sequence} ${message}`);
  const told = eventsOf(journal, "logged")
    .filter((event) => event.runId === runId)
    .map(({ sequence, message }) => `${sequence} ${message}`)
    .filter((words) => lines.includes(words) || !superseded.has(`${runId} ${words}`));
  return difference(`log of ${runId}`, told, lines);
}

async function approvalFindings(store: Store, journal: Journal, run: RunRecord): Promise<string[]> {
  const { runId } = run;
  const asked = run.steps.filter(({ kind, attempts }) => kind === "GateApproval" && attempts > 0);
  const ofRun = journal.events().filter((event) => "runId" in event && event.runId === runId);
  const lostAt = ofRun.findLastIndex(({ event }) => event === "lost");
  const decided = ofRun.slice(lostAt + 1).filter((event) => event.event === "decided");
  const there = (await store.approvals(runId)).map((one) => `${one.approvalId} ${one.status}`);
  const told = asked.flatMap(({ approvalId = "" }) => {
    const decision = decided.find((event) => event.approvalId === approvalId);
    // A run that was cancelled after the loss asks no more.
    const isGone =
      lostAt >= 0 && !decision && !there.some((one) => one.startsWith(`${approvalId} `));
    return isGone ? [] : [`${approvalId} ${decision?.status ?? "pending"}`];
  });
  return difference(`approvals of ${runId}`, told, there);
}

/** A run's output is captured when its first step begins, and settled when the run ends. */
async function artifactFindings(store: Store, run: RunRecord): Promise<string[]> {
  const failed = run.steps.some(({ status }) => status === "Failed" || status === "Cancelled");
  const there = (await store.artifacts(run.runId)).map(({ name, status }) => `${name} ${status}`);
  return difference(
    `artifacts of ${run.runId}`,
    [`bundle ${failed ? "skipped" : "copied"}`],
    there,
  );
}

function difference(of: string, told: readonly string[], there: readonly string[]): string[] {
  const wanted = told.toSorted().join(", ");
  const found = there.toSorted().join(", ");
  return wanted === found ? [] : [`${of}: told ${wanted}; found ${found}`];
}

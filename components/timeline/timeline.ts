import type { CollectionRole } from "../contract";
import type { Span, StepTimes } from "../step/program";

/** The moments of a change of the storage mode, in their order. */
export const moments = [
  ...(["began", "drainBegan", "drained", "fence", "exported"] as const),
  ...(["workerReady", "webReady", "verified"] as const),
] as const;
export type Moment = (typeof moments)[number];

/**
 * A change of the storage mode: its moments in ISO 8601, UTC, each absent until it came as far, and how
 * much went over. `fence` and `exported` are when the handover of a cutover or of a rollback ended.
 */
export interface Passage extends Partial<Readonly<Record<Moment, string>>> {
  readonly began: string;
  /** Records by kind. */
  readonly counts?: Readonly<Record<CollectionRole, number>>;
  /** Of the files that were read or written. */
  readonly bytes?: number;
}

/** The stack's output `timeline`; null if there was none that the stack knows of. */
export interface Timeline {
  readonly cutover: Passage | null;
  readonly rollback: Passage | null;
}

/** How many records went over, by kind, and the bytes of their files. */
export interface Amount {
  readonly counts: Readonly<Record<CollectionRole, number>>;
  readonly bytes: number;
}

/** What the steps say that a change of the storage mode goes through. */
export interface Stages {
  readonly imported: StepTimes | undefined;
  readonly drain: StepTimes | undefined;
  readonly handover: StepTimes | undefined;
  readonly worker: StepTimes | undefined;
  readonly web: StepTimes | undefined;
  readonly verified: StepTimes | undefined;
  /** Of the last bulk import. */
  readonly imports: Amount | undefined;
  /** Of the last rollback. */
  readonly exports: Amount | undefined;
}

/** The last cutover and the last rollback, from what the steps recorded. */
export function timelineFrom(stages: Stages): Timeline {
  const { imported, drain, handover, worker, web, verified } = stages;
  const cutover = passage([imported?.forward, drain?.forward, worker?.forward], {
    drainBegan: drain?.forward?.began,
    drained: drain?.forward?.ended,
    fence: handover?.forward?.ended,
    workerReady: worker?.forward?.ended,
    webReady: web?.forward?.ended,
    verified: verified?.forward?.ended,
  });
  const rollback = passage([drain?.back, handover?.back, worker?.back], {
    drainBegan: drain?.back?.began,
    drained: drain?.back?.ended,
    exported: handover?.back?.ended,
    workerReady: worker?.back?.ended,
    webReady: web?.back?.ended,
  });
  const isImported = imported?.forward?.ended !== undefined;
  return {
    cutover: cutover && { ...cutover, ...(isImported && stages.imports) },
    rollback: rollback && { ...rollback, ...(rollback.exported !== undefined && stages.exports) },
  };
}

/** What is before the beginning, or before a moment that comes earlier, is of a former change. */
function passage(
  [first, ...others]: readonly (Span | undefined)[],
  found: Partial<Record<Moment, string | undefined>>,
): Passage | null {
  const began = [first, ...others].find((span) => span !== undefined)?.began;
  if (began === undefined) return null;
  const kept: Partial<Record<Moment, string>> = {};
  let last = began;
  for (const name of moments) {
    const at = found[name];
    if (at === undefined || at < last) continue;
    kept[name] = at;
    last = at;
  }
  return { began, ...kept };
}

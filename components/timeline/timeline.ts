import { z } from "zod";
import { byRole } from "../contract";
import type { Span, StepTimes } from "../step/program";

const at = z.iso.datetime().optional();
const moments = {
  ...{ drainBegan: at, drained: at, fence: at, exported: at },
  ...{ workerReady: at, webReady: at, verified: at },
};
const amount = { counts: z.object(byRole(() => z.number())), bytes: z.number() };
const passageForm = z.object({
  began: z.iso.datetime(),
  ...moments,
  counts: amount.counts.optional(),
  bytes: amount.bytes.optional(),
});

/** The form of the stack's output `timeline`. */
export const timelineForm = z.object({
  cutover: passageForm.nullable(),
  rollback: passageForm.nullable(),
});

/** The moments of a change of the storage mode after its beginning, in their order. */
export type Moment = keyof typeof moments;

/**
 * A change of the storage mode: its moments in ISO 8601, UTC, each absent until it came as far, and how
 * much went over: records by kind, and the bytes of their files. `fence` and `exported` are when the
 * handover of a cutover or of a rollback ended.
 */
export type Passage = z.infer<typeof passageForm>;

/** The stack's output `timeline`; null if there was no such change that the stack knows of. */
export type Timeline = z.infer<typeof timelineForm>;

/** How many records went over, by kind, and the bytes of their files. */
export type Amount = z.infer<z.ZodObject<typeof amount>>;

/** The timeline in a value from outside, such as a stack's output; undefined if it is none. */
export function readTimeline(value: unknown): Timeline | undefined {
  return timelineForm.safeParse(value).data;
}

/** The steps that a change of the storage mode goes through. */
type Stage = "imported" | "drain" | "handover" | "worker" | "web" | "verified";

/** What these steps say. */
export interface Stages extends Readonly<Record<Stage, StepTimes | undefined>> {
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
  let last = began;
  const kept = Object.entries(found).filter(([, at]) => {
    if (at === undefined || at < last) return false;
    last = at;
    return true;
  });
  return { began, ...Object.fromEntries(kept) };
}

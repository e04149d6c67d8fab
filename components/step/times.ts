import type { StepInputs } from "./step";

/** When a step began and ended, in ISO 8601, UTC; without an end it did not finish yet. */
export interface Span {
  readonly began: string;
  readonly ended?: string;
  /** The cutover that it belongs to, if the step counts them. */
  readonly cutover?: number;
}

/** The last turn of a step in each direction. */
export interface StepTimes {
  readonly forward?: Span;
  readonly back?: Span;
}

/** The last run of a step, as far as its times are about it. */
interface Timed extends StepInputs {
  readonly times?: StepTimes;
}

/**
 * The times of a step after a run. A run that goes on with an unfinished one keeps its beginning, and one
 * that follows a finished one in the same direction changes nothing: the times are those of the turn. A
 * step that is the same in both directions has none, nor has one that is on files from the beginning.
 *
 * @param state of the last run; undefined in the first
 * @param run its beginning, and its end if it finished
 */
export function timesAfter(
  { direction, cutover }: StepInputs,
  state: Timed | undefined,
  run: Pick<Span, "began" | "ended">,
): StepTimes {
  const times = state?.times ?? {};
  if (direction === undefined || direction === "rest") return times;
  const former = times[direction];
  if (former?.cutover === cutover && former !== undefined) {
    if (former.ended === undefined) return { ...times, [direction]: { ...run, ...former } };
    if (state?.direction === direction) return times;
  }
  if (direction === "back" && state?.direction !== "forward") return times;
  const other = direction === "back" ? "forward" : "back";
  // What was given up half-way is no turn.
  const kept = times[other]?.ended === undefined ? {} : { [other]: times[other] };
  return { ...kept, [direction]: { ...run, ...(cutover !== undefined && { cutover }) } };
}

/**
 * The times of two steps that are one row of the runbook: from the beginning of the first to the end of
 * the last, which may still be that of a former turn.
 */
export function timesThrough(first: StepTimes = {}, last: StepTimes = {}): StepTimes {
  const through = (from?: Span, to?: Span): Span | undefined => {
    if (from === undefined) return undefined;
    const ended = to !== undefined && to.began >= from.began ? to.ended : undefined;
    return { began: from.began, ...(ended !== undefined && { ended }) };
  };
  const [forward, back] = [through(first.forward, last.forward), through(first.back, last.back)];
  return { ...(forward && { forward }), ...(back && { back }) };
}

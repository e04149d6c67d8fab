import { kind, type Step, type StepInputs } from "../../step";

/** Inputs of the record of a stack's cutovers. None of it is secret. */
export interface CutoverInputs extends StepInputs {
  /** The setting `cutover`: the cutover that `storageMode: mongo` makes or keeps, from 1. */
  readonly cutover: number;
  /** The last cutover that ended; 0 before the first end. The step finds it out itself. */
  readonly ended?: number;
  /** When it ended, in ISO 8601, UTC. The step finds it out itself. */
  readonly endedAt?: string;
}

/** Outputs of it, which its check finds out: they are known in previews. */
export type CutoverResults = Pick<CutoverInputs, "ended" | "endedAt">;

export const Cutover = kind<CutoverInputs, CutoverResults>(
  "Cutover",
  ["rollout", "taskrunner"],
  ["ended", "endedAt"],
  [],
);

/**
 * Before anything is changed: which cutover the stack made, and which one ended. A turn to files ends a
 * cutover, finished or not. Settings in Git that name an ended one are stale, and must not take the
 * services to MongoDB again (decision 10).
 */
export const cutoverRecord: Step<CutoverInputs, CutoverResults> = {
  ...Cutover,
  id: () => "cutover",
  compares: ["cutover"],
  observes: ({ direction }, olds) => {
    const { ended = 0, endedAt } = olds ?? {};
    const ends = olds?.direction === "forward" && direction === "back";
    if (ends) return Promise.resolve({ ended: olds.cutover, endedAt: new Date().toISOString() });
    return Promise.resolve({ ended, ...(endedAt !== undefined && { endedAt }) });
  },
  refuses: ({ cutover, direction, ended = 0, endedAt }, olds) => {
    const current = olds?.direction === "forward" ? olds.cutover : undefined;
    // A larger number than needed passes: a stack that lost its state does not know how many have ended.
    if (direction !== "forward" || cutover >= (current ?? ended + 1)) {
      return Promise.resolve(undefined);
    }
    const date = endedAt?.slice(0, 10) ?? "an unknown date";
    const reason =
      current === undefined
        ? `Cutover ${ended} of this stack was rolled back on ${date}. To cut over again, set cutover: ${ended + 1}. Otherwise set storageMode: filesystem. Nothing was changed.`
        : `Cutover ${current} of this stack is made or under way, and the settings name cutover ${cutover}. Set cutover: ${current}. Nothing was changed.`;
    return Promise.resolve({ property: "cutover", reason });
  },
  forward: () => Promise.resolve({}),
  back: () => Promise.resolve({}),
};

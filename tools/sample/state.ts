import type { LogWriter } from "./journal";
import type { Pack } from "./plan";
import type { Random } from "./random";

/** A run's outcome; `waiting`, `rejected` and `expired` are about an approval. */
export type RunOutcome =
  "succeeded" | "failed" | "running" | "retrying" | "waiting" | "rejected" | "expired" | "created";

/** The statuses of a step. */
export const stepStatuses = ["Pending", "Running", "Succeeded", "Failed", "Skipped"] as const;
export type SampleStepStatus = (typeof stepStatuses)[number];

/** A run's execution in progress. */
export interface Execution {
  readonly runId: string;
  readonly pack: Pack;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outcome: RunOutcome;
  readonly journal: LogWriter;
  readonly random: Random;
  readonly steps: object[];
  readonly approvals: object[];
  /** The number of steps before the outcome's step. */
  left: number;
  stopped: boolean;
}

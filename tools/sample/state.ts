import type { LogWriter } from "./journal";
import type { Pack } from "./plan";
import type { Random } from "./random";

/** How a run stands; `waiting`, `rejected` and `expired` are about an approval. */
export type RunOutcome =
  "succeeded" | "failed" | "running" | "retrying" | "waiting" | "rejected" | "expired" | "created";

/** The statuses of a step. */
export const stepStatuses = ["Pending", "Running", "Succeeded", "Failed", "Skipped"] as const;
export type SampleStepStatus = (typeof stepStatuses)[number];

/** A run's execution as it goes on. */
export interface Execution {
  readonly runId: string;
  readonly pack: Pack;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outcome: RunOutcome;
  readonly journal: LogWriter;
  readonly random: Random;
  readonly steps: object[];
  readonly approvals: object[];
  /** How many steps are still to be executed before the one that the outcome is about. */
  left: number;
  stopped: boolean;
}

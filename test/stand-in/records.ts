/**
 * The records of the stand-in, in the form that they have on disk: names in camelCase, times as ISO
 * 8601 texts, as a .NET writer leaves them.
 */

/** How a step stands; all but the first two are final. The product does not know the last one. */
export type StepStatus = "Pending" | "Running" | "Succeeded" | "Failed" | "Skipped" | "Cancelled";

/** A step of a run. */
export interface StepRecord {
  readonly stepId: string;
  readonly kind: "Run" | "GateApproval";
  readonly enabled: boolean;
  readonly continueOnError: boolean;
  readonly approvalId?: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly lastTransitionAt?: string;
  readonly statusReason?: string;
}

/** What a run executes: how often a step fails before it succeeds is part of its plan. */
export interface RunPlan {
  readonly name: string;
  readonly steps: readonly { readonly id: string; readonly failures: number }[];
}

/** A run, as its file has it. */
export interface RunRecord {
  readonly runId: string;
  readonly planHash: string;
  readonly plan: RunPlan;
  readonly failurePolicy: { readonly maxAttempts: number; readonly backoffSeconds: number };
  readonly requestedAt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly steps: readonly StepRecord[];
}

/** What a service says of a run; the store gives it the next sequence. */
export interface LogMessage {
  readonly timestamp: string;
  readonly level: "info" | "warn" | "error";
  readonly eventType: string;
  readonly message: string;
  readonly stepId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A line of a run's log. */
export interface LogRecord extends LogMessage {
  readonly sequence: number;
}

/** An output of a run. */
export interface Artifact {
  readonly name: string;
  readonly type: "file" | "object";
  readonly storedPath?: string;
  readonly status: "pending" | "copied" | "skipped";
  readonly capturedAt: string;
}

/** What a run waits for at a gate. */
export interface Approval {
  readonly runId: string;
  readonly approvalId: string;
  readonly requiredGrants: readonly string[];
  readonly stepIds: readonly string[];
  readonly requestedAt: string;
  readonly status: "pending" | "approved" | "rejected";
  readonly actorId?: string;
  readonly completedAt?: string;
}

/** Whether nothing more happens to a step. */
export function isFinal({ status }: StepRecord): boolean {
  return status !== "Pending" && status !== "Running";
}

/** Whether nothing more happens to a run. */
export function hasRunEnded({ steps }: RunRecord): boolean {
  return steps.every(isFinal);
}

import { askFor } from "./approvals";
import type { Execution, SampleStepStatus } from "./state";
import type { LogLevel } from "./journal";
import type { PackStep } from "./plan";

/** A step's progress. */
export interface Progress {
  readonly status: SampleStepStatus;
  readonly attempts: number;
  readonly at?: string;
  readonly nextAttemptAt?: string;
  readonly reason?: string;
}

/** A step after the one where the run stopped: pending, or skipped with the run. */
export function afterTheStop(execution: Execution, id: string): Progress {
  const givenUp = ["failed", "rejected", "expired"].includes(execution.outcome);
  if (givenUp) return skip(execution, id, "the run ended before");
  return { status: "Pending", attempts: 0 };
}

/** A skipped step, with the reason in its log line. */
export function skip({ journal }: Execution, id: string, reason: string): Progress {
  const message = `Step ${id} skipped: ${reason}`;
  journal.write({ level: "info", type: "step.skipped", message, stepId: id });
  return { status: "Skipped", attempts: 0, at: journal.moment(), reason };
}

/** A successful step, sometimes at the second attempt. */
export function succeed(execution: Execution, step: PackStep, id: string): Progress {
  const { journal, random } = execution;
  start(execution, step, id);
  if (step.kind === "GateApproval") askFor(execution, step, "approved");
  if (step.kind === "GatePolicy") evaluate(execution, step, id);
  if (step.kind === "Run") work(execution, step, id, random.between(11, 35));
  const again = step.kind === "Run" && random.next() < 0.12;
  if (again) {
    const message = `Step ${id} failed at attempt 1 and is tried again`;
    journal.write({ level: "warn", type: "step.retrying", message, stepId: id });
    work(execution, step, id, random.between(3, 9));
  }
  const took = { durationMs: String(random.between(40, 90_000)) };
  const message = `Step ${id} succeeded`;
  journal.write({ level: "info", type: "step.succeeded", message, stepId: id, metadata: took });
  return { status: "Succeeded", attempts: again ? 2 : 1, at: journal.moment() };
}

/** The step where the run's outcome is decided. */
export function stop(execution: Execution, step: PackStep, id: string): Progress {
  start(execution, step, id);
  switch (execution.outcome) {
    case "waiting":
      askFor(execution, step, "pending");
      return {
        status: "Running",
        attempts: 1,
        at: execution.journal.moment(),
        reason: "awaiting-approval",
      };
    case "rejected":
    case "expired":
      askFor(execution, step, execution.outcome);
      return fail(execution, id, 1, `the approval was ${execution.outcome}`);
    default:
      work(execution, step, id, execution.random.between(3, 9));
      return interrupt(execution, id);
  }
}

function interrupt(execution: Execution, id: string): Progress {
  const { journal, outcome, pack } = execution;
  if (outcome === "running") return { status: "Running", attempts: 1, at: journal.moment() };
  if (outcome === "failed") {
    return fail(execution, id, Number(pack.failurePolicy.maxAttempts), "exit code 1");
  }
  const reason = "connection reset by peer";
  const metadata = { attempt: "1", reason };
  const message = `Step ${id} failed at attempt 1 and is tried again later`;
  journal.write({ level: "warn", type: "step.retrying", message, stepId: id, metadata });
  const nextAttemptAt = journal.moment(Number(pack.failurePolicy.backoffSeconds));
  return { status: "Pending", attempts: 1, at: journal.moment(), nextAttemptAt, reason };
}

function fail({ journal }: Execution, id: string, attempts: number, reason: string): Progress {
  const metadata = { attempts: String(attempts), reason };
  const message = `Step ${id} failed: ${reason}`;
  journal.write({ level: "error", type: "step.failed", message, stepId: id, metadata });
  return { status: "Failed", attempts, at: journal.moment(), reason };
}

function start({ journal, random }: Execution, step: PackStep, id: string): void {
  journal.pass(20_000);
  const metadata = { kind: step.kind, node: `worker-${random.between(0, 3)}` };
  const message = `Step ${id} started`;
  journal.write({ level: "info", type: "step.started", message, stepId: id, metadata });
}

function evaluate({ journal, random }: Execution, step: PackStep, id: string): void {
  const metadata = {
    policy: step.policy ?? "",
    rules: String(random.between(4, 60)),
    result: "allow",
  };
  const message = `Policy ${step.policy ?? ""} allows the run to go on`;
  journal.write({ level: "info", type: "gate.policy.evaluated", message, stepId: id, metadata });
}

const outputs: readonly (readonly [LogLevel, string])[] = [
  ["trace", "read 65536 bytes"],
  ["trace", "cache hit"],
  ["debug", "worker pool grew to 4"],
  ["debug", "resolved 12 references"],
  ["info", "checkpoint written"],
  ["info", "batch done"],
  ["info", "verified digest, size & signature"],
  ["warn", "slow answer, 2.4 s"],
  ["warn", "unknown field ‘severityScore’ ignored"],
];

/** Log lines of a working step, some with metadata. */
function work({ journal, random }: Execution, step: PackStep, id: string, lines: number): void {
  for (let line = 1; line <= lines; line += 1) {
    const [level, message] = random.pick(outputs);
    const metadata = {
      line: String(line),
      uses: step.uses ?? "",
      progress: (line / lines).toFixed(2),
    };
    const told = { level, type: "step.output", message: `${id}: ${message}`, stepId: id };
    journal.write(random.next() < 0.6 ? { ...told, metadata } : told);
  }
}

import { stepKinds, type PackStep } from "./plan";
import { afterTheStop, skip, stop, succeed, type Progress } from "./progress";
import { stepStatuses, type Execution, type SampleStepStatus } from "./state";
import { stepEnumeration } from "./style";

/** Executes the pack's steps up to the outcome's step. */
export function execute(execution: Execution): void {
  for (const step of execution.pack.steps) executeStep(execution, step, step.id);
}

/** The steps that execute something, in order; a run can stop at any of them. */
export function leavesOf(
  steps: readonly PackStep[],
  inputs: Readonly<Record<string, unknown>>,
): PackStep[] {
  return steps.flatMap((step) =>
    step.children ? instancesOf(step, step.id, inputs).map((child) => child.step) : step,
  );
}

function executeStep(execution: Execution, step: PackStep, id: string): SampleStepStatus {
  if (step.children) return executeGroup(execution, step, id);
  const progress = progressOf(execution, step, id);
  execution.steps.push(record(execution, step, id, progress));
  return progress.status;
}

function progressOf(execution: Execution, step: PackStep, id: string): Progress {
  if (execution.stopped) return afterTheStop(execution, id);
  execution.stopped = execution.left === 0;
  execution.left -= 1;
  if (execution.stopped) return stop(execution, step, id);
  if (step.disabled) return skip(execution, id, "disabled in the pack");
  if (step.otherwise) return skip(execution, id, "the condition chose the other branch");
  return succeed(execution, step, id);
}

/** A group has the status of its children; its record precedes theirs. */
function executeGroup(execution: Execution, step: PackStep, id: string): SampleStepStatus {
  const { journal, steps } = execution;
  const place = steps.push({}) - 1;
  if (!execution.stopped) {
    const message = `${step.kind} ${id} started`;
    journal.write({ level: "info", type: "step.started", message, stepId: id });
  }
  const statuses = instancesOf(step, id, execution.inputs).map((child) =>
    executeStep(execution, child.step, child.id),
  );
  const status = statusOfGroup(statuses);
  const began = status === "Pending" ? { attempts: 0 } : { attempts: 1, at: journal.moment() };
  steps[place] = record(execution, step, id, { status, ...began });
  return status;
}

function statusOfGroup(children: readonly SampleStepStatus[]): SampleStepStatus {
  const all = (status: SampleStepStatus) => children.every((child) => child === status);
  if (all("Pending") || all("Skipped")) return children[0] ?? "Pending";
  if (children.includes("Running") || children.includes("Pending")) return "Running";
  return children.includes("Failed") ? "Failed" : "Succeeded";
}

/** A group's children with their ids; a Map or a Loop has a set for each item. */
function instancesOf(step: PackStep, id: string, inputs: Readonly<Record<string, unknown>>) {
  const children = step.children ?? [];
  if (step.items === undefined) return children.map((child) => ({ step: child, id: child.id }));
  const items = inputs[step.items] as readonly unknown[];
  return items.flatMap((_, at) =>
    children.map((child) => ({ step: child, id: `${id}[${at}]::${child.id}` })),
  );
}

function record({ journal }: Execution, step: PackStep, id: string, progress: Progress): object {
  return {
    stepId: id,
    kind: stepEnumeration(stepKinds, step.kind, journal.style),
    enabled: !step.disabled,
    continueOnError: step.tolerant ?? false,
    maxParallel: step.maxParallel,
    approvalId: step.approval,
    gateMessage: step.message,
    status: stepEnumeration(stepStatuses, progress.status, journal.style),
    attempts: progress.attempts,
    lastTransitionAt: progress.at,
    nextAttemptAt: progress.nextAttemptAt,
    statusReason: progress.reason,
  };
}

import { warning } from "../contract/finding";
import { type Step, type StepInputs, Unfinished, kind } from "../step";

/** Inputs of the drain that a person does. None of them is secret. */
export interface WorkerStoppedInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The setting `rollout.workerStopped`: the cutover for which the worker was stopped. */
  readonly stoppedFor?: number;
}

export const WorkerStopped = kind<WorkerStoppedInputs, object>(
  "WorkerStopped",
  ["rollout", "taskrunner"],
  [],
  [],
);

/**
 * The drain of a worker that the program cannot see (decision 9): a cutover stops here until the settings
 * name it. A rollback only warns, because it has to work in one `up`.
 */
export const workerStopped: Step<WorkerStoppedInputs, object> = {
  ...WorkerStopped,
  id: () => "worker",
  previewFindings: (_, inputs) => {
    const text = inputs.direction === "back" ? stopFirst : requestOf(inputs);
    return Promise.resolve(text === undefined ? [] : [warning("stop-worker", text)]);
  },
  forward: (inputs) => {
    const request = requestOf(inputs);
    return request === undefined ? Promise.resolve({}) : Promise.reject(new Unfinished([request]));
  },
  back: () => Promise.resolve({}),
};

const stopFirst =
  "The program cannot see the worker (rollout.confirm: none). Stop it before this rollback: what it " +
  "executes during the export is lost.";

function requestOf({ cutover, stoppedFor }: WorkerStoppedInputs): string | undefined {
  if (stoppedFor === cutover) return undefined;
  return (
    "The program cannot see the worker (rollout.confirm: none), so it cannot drain it. Stop the worker and " +
    "wait until its last process is gone. " +
    `Then set rollout.workerStopped: ${cutover} and run pulumi up again; it resumes here.`
  );
}

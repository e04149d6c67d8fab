import { warning } from "../contract/finding";
import { type Step, type StepInputs, Unfinished, kind } from "../step";

/** Inputs of a drain that a person does. */
interface WorkerStoppedInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The setting `rollout.workerStopped`: the cutover for which the worker was stopped. */
  readonly stoppedFor?: number;
}

/** Stops a cutover until the settings say that its worker is stopped. A rollback has to work in one `up`. */
export const workerStopped: Step<WorkerStoppedInputs, object> = {
  ...kind<WorkerStoppedInputs, object>("WorkerStopped", ["rollout", "taskrunner"], [], []),
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

import { findingsFrom } from "../../text";
import { kind, unknownValue, Unfinished, type Step, type StepInputs } from "../../step";
import { stopOthers, type StopAddress } from "../../step/jobs";
import type { ValuesFileInputs } from "../values/provider";
import { modeInFiles } from "../values/stated";
import { findUnfitFiles } from "./services-check";

type JobsStoppedInputs = StepInputs & StopAddress;

/** Deletes unfinished Jobs of the other direction: the specification's "stop the Mongo migration runner". */
export const jobsStopped: Step<JobsStoppedInputs, object> = {
  ...kind<JobsStoppedInputs, object>("JobsStopped", ["rollout", "kubernetes"], [], []),
  id: ({ namespace }) => `${namespace}/jobs-stopped`,
  forward: stopJobs,
  back: stopJobs,
};

async function stopJobs({ direction = "forward", ...address }: JobsStoppedInputs): Promise<object> {
  await stopOthers(address, direction);
  return {};
}

/** Inputs of a drain by hand. */
interface WorkerStoppedInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The setting `rollout.workerStopped`: the cutover for which the worker was stopped. */
  readonly stoppedFor?: number;
  /** The stack's own values files. */
  readonly files?: readonly ValuesFileInputs[];
  /** The cutover of services that work on MongoDB already; otherwise empty. */
  readonly takenOver?: string;
}

interface WorkerStoppedResults {
  /** When the last stop counted as done, in ISO 8601, UTC. */
  readonly stoppedAt: string;
}

/**
 * Stops a cutover until the settings say that its worker is stopped. A rollback does not wait for that, because it has
 * to work in one `up`.
 */
export const workerStopped: Step<WorkerStoppedInputs, WorkerStoppedResults> = {
  ...kind<WorkerStoppedInputs, WorkerStoppedResults>(
    "WorkerStopped",
    ["rollout", "taskrunner"],
    ["stoppedAt"],
    [],
  ),
  id: () => "worker",
  findings: (inputs, prior, state) => {
    if (!state) return findUnfitFiles(inputs, prior);
    const text = inputs.direction === "back" ? stopFirst : stopWorkerMessage(inputs);
    return Promise.resolve(findingsFrom(text, { severity: "warn", code: "stop-worker" }));
  },
  describes: describeStop,
  forward: (inputs) => {
    const request = stopWorkerMessage(inputs);
    return request === undefined ? markStopped() : Promise.reject(new Unfinished([request]));
  },
  back: markStopped,
};

function markStopped(): Promise<WorkerStoppedResults> {
  return Promise.resolve({ stoppedAt: new Date().toISOString() });
}

/** Describes the wait for your stop, unless a warning asks for it, or the stack takes over a worker on MongoDB. */
function describeStop(inputs: WorkerStoppedInputs, state?: object): string | undefined {
  const { direction, cutover, stoppedFor, takenOver, files = [] } = inputs;
  const isOnMongo =
    takenOver === unknownValue
      ? files.some((file) => file.service === "worker" && modeInFiles(file) === "mongo")
      : takenOver;
  if (direction === "back" || isOnMongo) return undefined;
  if (stoppedFor === cutover)
    return `Continue: you have stopped the worker (rollout.workerStopped: ${cutover}).`;
  if (state && takenOver !== unknownValue) return undefined;
  return `End here until you have stopped the worker and set rollout.workerStopped: ${cutover}.`;
}

const stopFirst =
  "The program cannot see the worker (rollout.confirm: none). Keep it stopped from before `pulumi up` until the " +
  "rollback has ended: what it executes during the export is lost.";

function stopWorkerMessage(inputs: WorkerStoppedInputs): string | undefined {
  const { cutover, stoppedFor, takenOver } = inputs;
  if (stoppedFor === cutover || takenOver) return undefined;
  return (
    "The program cannot see the worker (rollout.confirm: none), so it cannot drain it. Stop the worker and " +
    "wait until its last process is gone. " +
    `Then set rollout.workerStopped: ${cutover} and run pulumi up again; it resumes here.`
  );
}

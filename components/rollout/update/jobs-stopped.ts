import { stopOthers, type StopAddress } from "../../step/jobs";
import { kind, type Step, type StepInputs } from "../../step";

/** Inputs: where the stack's Jobs are. None of it is secret. */
export type JobsStoppedInputs = StepInputs & StopAddress;

export const JobsStopped = kind<JobsStoppedInputs, object>(
  "JobsStopped",
  ["rollout", "kubernetes"],
  [],
  [],
);

/**
 * Before anything else in a change of direction: unfinished Jobs of the other one are deleted, and their
 * pods waited for (the document's "stop the Mongo migration runner"). Jobs that are over stay.
 */
export const jobsStopped: Step<JobsStoppedInputs, object> = {
  ...JobsStopped,
  id: ({ namespace }) => `${namespace}/jobs-stopped`,
  forward: stopJobs,
  back: stopJobs,
};

async function stopJobs(inputs: JobsStoppedInputs): Promise<object> {
  await stopOthers(inputs, inputs.direction ?? "forward");
  return {};
}

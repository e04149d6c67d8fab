import { UnfinishedStep } from "../dynamic";
import { JobError } from "./errors";
import { runJob } from "./run";
import type { JobCommand, JobTarget } from "./target";

/**
 * A step of a dynamic resource done by a Job, with its progress on standard output, which the
 * engine shows.
 *
 * @param state the resource's id, and the outputs that it keeps where the step is not done
 * @throws UnfinishedStep with the Job's reasons, so that the next `up` comes back to it
 */
export async function jobStep(
  target: JobTarget,
  command: JobCommand,
  { id, outputs }: { readonly id: string; readonly outputs: object },
): Promise<unknown[]> {
  try {
    return await runJob(target, command, console.log);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UnfinishedStep(
      id,
      outputs,
      error instanceof JobError ? error.reasons : [error.message],
    );
  }
}

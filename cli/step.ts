import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { steps as stateSteps } from "../components/transfer/steps";
import { logIn } from "../components/cluster/log-in";
import { steps as migrationSteps } from "../components/migration/steps";
import { jobNameOf, workInPod, type AnyStep, type StepRequest } from "../components/step";

/** What can run as a Job, by its name there: `bulk-import`. */
const steps = new Map(
  Object.values({ logIn, ...migrationSteps, ...stateSteps }).map((step) => [
    jobNameOf(step),
    step as unknown as AnyStep,
  ]),
);

interface StepOptions {
  readonly request: string;
}

/**
 * `step KIND`: what a Job runs; it is in no help, because a person has commands of their own. Its answer
 * is the last line on standard output, as JSON; progress goes before it.
 */
export const stepCommand = new Command("step")
  .argument("<kind>")
  .requiredOption("--request <file>", "what the step is asked for, as JSON")
  .action(async (kind: string, options: StepOptions) => {
    const step = steps.get(kind);
    if (!step)
      throw new Error(`There is no step ${kind}. The steps are ${[...steps.keys()].join(", ")}.`);
    const request = JSON.parse(await readFile(options.request, "utf8")) as StepRequest;
    const { TASKRUNNER_MONGO_URI: uri, JOB_COMPLETION_INDEX: index } = process.env;
    if (!uri)
      throw new Error(
        "TASKRUNNER_MONGO_URI is not set. Set it to the migrator's connection string.",
      );
    const shard = index === undefined ? undefined : { number: Number(index) + 1, of: request.pods };
    const answer = await workInPod(step, request, { uri, ...(shard && { shard }) });
    console.log(JSON.stringify(answer));
  });

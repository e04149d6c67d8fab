import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { steps as stateSteps } from "../components/transfer/provider";
import { logIn } from "../components/cluster/log-in";
import { steps as migrationSteps } from "../components/migration/provider";
import { formatAnswer, hyphenated, workInPod } from "../components/step";
import type { AnyStep, StepRequest } from "../components/step";

/** Steps that can run as a Job, by their names there, such as `bulk-pass`. */
const steps = new Map(
  Object.values({ logIn, ...migrationSteps, ...stateSteps }).map((step) => [
    hyphenated(step.name),
    step as unknown as AnyStep,
  ]),
);

interface StepOptions {
  readonly request: string;
  readonly answer: string;
}

/**
 * `step KIND`: the command of a Job; no help shows it. It writes its answer or its error as the termination
 * message of its container.
 */
export const stepCommand = new Command("step")
  .argument("<kind>")
  .requiredOption("--request <file>", "what the step is asked for, as JSON")
  .requiredOption("--answer <file>", "where the termination message is written")
  .action(async (kind: string, { request: file, answer }: StepOptions) => {
    try {
      const step = steps.get(kind);
      if (!step)
        throw new Error(`There is no step ${kind}. The steps are ${[...steps.keys()].join(", ")}.`);
      const request = JSON.parse(await readFile(file, "utf8")) as StepRequest;
      const { TASKRUNNER_MONGO_URI: uri } = process.env;
      if (!uri)
        throw new Error(
          "TASKRUNNER_MONGO_URI is not set. Set it to the migrator's connection string.",
        );
      await writeFile(answer, formatAnswer(await workInPod(step, request, uri)));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      await writeFile(answer, formatAnswer({ failed: text.split("\n") }));
      throw error;
    }
  });

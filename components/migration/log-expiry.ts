import type { Mongo } from "../cluster";
import type { Settings } from "../settings";
import { StepGroup, StepResource, type After } from "../step/program";
import { steps } from "./steps";

/** No log entry expires while it is imported: lifts in each cutover what an earlier one set. */
export class LogExpiryLift extends StepGroup {
  constructor(name: string, mongo: Mongo, options: After = {}) {
    const direction = mongo.directions.worker;
    super("LogExpiryLift", name, options, direction === "back");
    new StepResource(steps.logExpiryLift, name, inputsOf(mongo, direction, 0), this.ofChildren);
    this.registerOutputs();
  }
}

/** The expiry of log entries as configured; last in a cutover, after the verification. */
export class LogRetention extends StepGroup {
  constructor(
    name: string,
    { logRetentionDays: days = 0 }: Pick<Settings, "logRetentionDays">,
    mongo: Mongo,
    options: After = {},
  ) {
    const direction = mongo.directions.web;
    super("LogRetention", name, options, direction !== "forward");
    new StepResource(steps.logRetention, name, inputsOf(mongo, direction, days), this.ofChildren);
    this.registerOutputs();
  }
}

function inputsOf(mongo: Mongo, direction: Mongo["directions"]["web"], days: number) {
  const { uri, database, ledger, job, collections, cutover } = mongo;
  return { direction, uri, database, ledger, job, cutover, collection: collections.logs, days };
}

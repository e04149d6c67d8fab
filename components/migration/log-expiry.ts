import type { Mongo } from "../cluster";
import type { Settings } from "../settings";
import { StepGroup, StepResource, type After } from "../step/program";
import * as steps from "./steps/retention";

/** No log entry expires while it is imported: lifts in each cutover what an earlier one set. */
export class LogExpiryLift extends StepGroup {
  constructor(name: string, mongo: Mongo, options: After = {}) {
    const direction = mongo.directions.worker;
    super("LogExpiryLift", name, options, direction === "back");
    new StepResource(steps.LogExpiryLift, name, inputsOf(mongo, direction), this.ofChildren);
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
    const inputs = { ...inputsOf(mongo, direction), days };
    new StepResource(steps.LogRetention, name, inputs, this.ofChildren);
    this.registerOutputs();
  }
}

function inputsOf(mongo: Mongo, direction: Mongo["directions"]["web"]) {
  const { uri, database, ledger, job } = mongo;
  return { direction, uri, database, ledger, job, collection: mongo.collections.logs };
}

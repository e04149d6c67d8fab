import type * as pulumi from "@pulumi/pulumi";
import type { Mongo } from "../cluster";
import type { Direction, Settings } from "../settings";
import { StepGroup, StepResource, type StepOptions } from "../step/program";
import { steps } from "./provider";

/** Suspends an earlier cutover's TTL, so that no log entry expires during the import. */
export class SuspendLogTtl extends StepGroup {
  constructor(name: string, { mongo }: { readonly mongo: Mongo }, options?: StepOptions) {
    super("SuspendLogTtl", name, options, { isSkipped: mongo.direction === "back" });
    const inputs = expiryInputs(mongo, 0);
    new StepResource(steps.suspendLogTtl, "suspend-log-ttl", inputs, this.ofChildren);
    this.registerOutputs();
  }
}

interface LogRetentionArgs extends Pick<Settings, "logRetentionDays"> {
  readonly mongo: Mongo;
  /** The previous step, with its current or last direction. */
  readonly verified: { readonly direction: pulumi.Output<Direction> };
}

/** Sets the configured expiry of log entries, as the last part of a cutover. */
export class LogRetention extends StepGroup {
  /** Known once the expiry is set: nothing of a cutover comes after it. */
  readonly ended: pulumi.Output<string>;

  constructor(
    name: string,
    { logRetentionDays: days = 0, mongo, verified: { direction } }: LogRetentionArgs,
    options?: StepOptions,
  ) {
    super("LogRetention", name, options, { isSkipped: mongo.direction === "back" });
    const inputs = { ...expiryInputs(mongo, days), direction };
    const step = new StepResource(steps.logRetention, "log-retention", inputs, this.ofChildren);
    this.ended = step.urn;
    this.registerOutputs();
  }
}

function expiryInputs(mongo: Mongo, days: number) {
  const { direction, uri, database, ledger, job, collections, cutover } = mongo;
  return { direction, uri, database, ledger, job, cutover, collection: collections.logs, days };
}

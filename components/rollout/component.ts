import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { childOf } from "../dynamic";
import type { StorageMode, ValuesRolloutSettings } from "../settings";
import { serviceEnvironment, type MongoNames, type Service } from "./environment";
import type { ValuesFileInputs } from "./switch";
import { ValuesFile } from "./resource";

/** What a rollout needs to know; none of it is secret. */
export interface RolloutArgs {
  readonly settings: ValuesRolloutSettings;
  readonly mode: StorageMode;
  readonly collections: MongoNames["collections"];
  /** The database's name; absent where the one in the connection string counts. */
  readonly database?: string | undefined;
}

/** What a stack says about a service's rollout. */
export interface RolloutSummary {
  readonly target: "values";
  readonly mode: StorageMode;
  readonly file: string;
}

/** A service in the mode asked for. What has to happen before it is given by `opts.dependsOn`. */
class Rollout extends pulumi.ComponentResource {
  readonly summary: pulumi.Output<RolloutSummary>;

  constructor(
    type: string,
    service: Service,
    name: string,
    args: RolloutArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super(type, name, {}, opts);
    const values = new ValuesFile(service, inputsFor(service, args), childOf(this, opts));
    const { mode, file } = values;
    this.summary = pulumi
      .all([mode, file])
      .apply(([mode, file]) => ({ target: "values" as const, mode, file }));
    this.registerOutputs({ summary: this.summary });
  }
}

/** The worker, which changes over first (the document, "Execution order", step 4). */
export class WorkerRollout extends Rollout {
  constructor(name: string, args: RolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("taskrunner:storage:WorkerRollout", "worker", name, args, opts);
  }
}

/** The web service, which follows the worker. */
export class WebRollout extends Rollout {
  constructor(name: string, args: RolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("taskrunner:storage:WebRollout", "web", name, args, opts);
  }
}

/** The Secret's key that holds the services' connection string: a reference, never the text. */
export function connectionSecretRef({ connectionSecret }: ValuesRolloutSettings): {
  readonly name: string;
  readonly key: string;
} {
  return { name: connectionSecret.name, key: connectionSecret.key };
}

function inputsFor(service: Service, args: RolloutArgs): ValuesFileInputs {
  const { settings, mode, collections, database } = args;
  const { file, path: keys, form } = settings[service];
  const entries = serviceEnvironment(service, mode, {
    collections,
    connectionSecret: connectionSecretRef(settings),
    ...(database !== undefined && { database }),
  });
  return {
    service,
    file: path.join(settings.directory, file),
    path: keys,
    form,
    mode,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
  };
}

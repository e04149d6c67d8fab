import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { beforeEach } from "vitest";
import {
  releaseStepOf,
  Services,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "../../components/rollout/program";
import { parseSettings } from "../../components/settings";

let registered: MockResourceArgs[];

/** Gives each test of a file an engine that registers resources and does nothing. */
export function mockedEngine(): void {
  beforeEach(async () => {
    registered = [];
    await pulumi.runtime.setMocks({
      newResource: (resource) => {
        registered.push(resource);
        const outputs = resource.type.endsWith(":Release") ? { status: { revision: 4 } } : {};
        const state = { drains: 1, requests: 0, ...(resource.inputs as object), ...outputs };
        return { id: resource.name, state };
      },
      call: () => ({}),
    });
  });
}

const valueOf = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });

/** What worker and web say in the end, and where their connection string is. */
export async function rolledOut(
  rollout: Record<string, unknown>,
  { database, mode = "mongo" }: { database?: string; mode?: "mongo" | "filesystem" } = {},
) {
  const mongoUri = "mongodb://127.0.0.1/taskrunner";
  const settings = parseSettings({ mongoUri, rollout });
  releaseStepOf(settings);
  const services = new Services("services", {
    settings: settings.rollout,
    mode,
    collections: settings.mongo.collections,
    database,
    appUri: pulumi.secret(mongoUri),
  });
  const drain = new WorkerDrain("worker-drain", services);
  const worker = new WorkerRollout("worker-rollout", services, drain);
  const web = new WebRollout("web-rollout", services, { dependsOn: worker });
  return {
    secretRef: await valueOf(services.connectionSecretRef),
    worker: await valueOf(worker.summary),
    web: await valueOf(web.summary),
  };
}

/** In alphabetical order: what no other waits for is registered in any. */
export const named = () =>
  registered.map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`).sort();

/** What a resource was registered with. */
export const inputsOf = (type: string, name: string) =>
  registered.find((resource) => resource.type.endsWith(type) && resource.name === name)?.inputs as
    Record<string, unknown> | undefined;

import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { beforeEach } from "vitest";
import { defaultFolders } from "../../components/contract";
import {
  Services,
  Update,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "../../components/rollout/program";
import { parseSettings } from "../../components/settings";
import { directionTo } from "../../components/settings/derived";
import { after } from "../../components/step/program";
import { playedChart } from "../charts/played";
import { Instance, nameInInstance } from "../instance";

let registered: MockResourceArgs[];
let retained: string[];
let unprotected: string[];

/** Notes what stays when the stack is destroyed, and what a protected one replaces: mocks get no options. */
function noteOptions(): void {
  pulumi.runtime.registerStackTransformation(({ name, opts }) => {
    if (opts.retainOnDelete === true) retained.push(nameInInstance(name));
    if (opts.protect === false) unprotected.push(nameInInstance(name));
    return undefined;
  });
}

/** Gives each test of a file an engine that registers resources and does nothing. */
export function mockedEngine(): void {
  beforeEach(async () => {
    registered = [];
    retained = [];
    unprotected = [];
    const mocks: pulumi.runtime.Mocks = {
      newResource: async (resource) => {
        // What does not wait for these comes before them.
        if (resource.type.endsWith(":PodsReplaced")) await sleep(50);
        const isAround = /:(Stack|TaskRunnerStorage)$/.test(resource.type);
        if (!isAround) registered.push({ ...resource, name: nameInInstance(resource.name) });
        const ofRelease = resource.type.endsWith(":Release") ? { status: { revision: 4 } } : {};
        const metadata = { name: `${resource.name}-1234567` };
        const ofSecret = resource.type.endsWith(":Secret") ? { metadata } : {};
        const outputs = { ...ofRelease, ...ofSecret };
        const state = {
          drainSnapshot: { direction: "forward", stoppedAt: "1" },
          requests: 0,
          stoppedAt: "1",
          ...(resource.inputs as object),
          ...outputs,
        };
        return { id: resource.name, state };
      },
      call: playedChart,
    };
    await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "test", false, "organization");
  });
}

const valueOf = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });

interface RolloutOptions {
  readonly database?: string;
  readonly mode?: "mongo" | "filesystem";
  readonly kubernetes?: object;
  readonly backfill?: object;
  /** The direction that a handover went last which is not part of the update. */
  readonly last?: "forward" | "back";
}

/** What worker and web say in the end, and where their connection string is. */
export async function rolledOut(rollout: Record<string, unknown>, options: RolloutOptions = {}) {
  // A transformation is one of a stack.
  const printed = await pulumi.runtime.runInPulumiStack(async () => {
    noteOptions();
    return inStack(rollout, options);
  });
  await pulumi.runtime.disconnect();
  return printed as Awaited<ReturnType<typeof inStack>>;
}

async function inStack(
  rollout: Record<string, unknown>,
  { database, mode = "mongo", last, ...others }: RolloutOptions,
) {
  const mongoUri = "mongodb://127.0.0.1/taskrunner";
  const parsed = parseSettings({ storageMode: "mongo", mongoUri, rollout, ...others });
  const settings = {
    ...parsed,
    storageMode: mode,
    mongo: { ...parsed.mongo, database },
    direction: directionTo(mode),
  };
  const below = { parent: new Instance() };
  const update = new Update(
    "update",
    { ...settings, files: { root: undefined, folders: defaultFolders } },
    below,
  );
  const mongo = { appUri: pulumi.secret(mongoUri) };
  const services = new Services(
    "services",
    { ...settings, ...mongo },
    { ...below, ...after(update) },
  );
  const drain = new WorkerDrain(
    "worker-drain",
    { services, update, takenOver: pulumi.output("") },
    below,
  );
  const handover = { direction: last === undefined ? drain.direction : pulumi.output(last) };
  const worker = new WorkerRollout("worker-rollout", { services, drain, handover }, below);
  const web = new WebRollout("web-rollout", { services, worker }, { ...below, ...after(worker) });
  return {
    secretRef: await valueOf(services.connectionSecretRef),
    worker: await valueOf(worker.summary),
    web: await valueOf(web.summary),
  };
}

/** In alphabetical order: what no other waits for is registered in any. */
export const named = () =>
  registered.map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`).sort();

/** The names in the order in which resources are done. */
export const registeredNames = () => registered.map(({ name }) => name);

/** The names of what stays when the stack is destroyed, in alphabetical order. */
export const staying = () => retained.toSorted();

/** The names of what a protected environment still replaces, in alphabetical order. */
export const replaceable = () => unprotected.toSorted();

/** What a resource was registered with. */
export const inputsOf = (type: string, name: string) =>
  registered.find((resource) => resource.type.endsWith(type) && resource.name === name)?.inputs as
    Record<string, unknown> | undefined;

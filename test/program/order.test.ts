import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import type { TaskRunnerStorageArgs } from "../../components/program";
import { playedChart } from "../charts/played";
import { nameInInstance } from "../instance";
import { project, runProgram } from "./runtime";

/** A resource as it was registered, and when that began and ended, in ms. */
interface Step {
  readonly type: string;
  readonly inputs: unknown;
  readonly began: number;
  readonly ended: number;
}

type Steps = ReadonlyMap<string, Step>;

const mongoUri = "mongodb://127.0.0.1/taskrunner";
const settings = {
  mongoUri,
  logRetentionDays: 30,
  backfill: { source: { path: "/state" } },
  kubernetes: { kubeconfig: "kube.config" },
  rollout: {
    target: "helm",
    namespace: "apps",
    worker: { chart: "examples/chart", values: ["tools/sample/rollout/worker.values.yaml"] },
    web: { chart: "examples/chart", values: ["tools/sample/rollout/web.values.yaml"] },
  },
} satisfies Omit<TaskRunnerStorageArgs, "storageMode">;

/** Steps that a rollback skips, which nothing is to wait for: they take longer than others. */
const skipped = ["ledger-claim", "suspend-log-ttl", "canary", "first-verification"];

function outputsOf(type: string, name: string): object {
  if (type.endsWith(":Release")) return { status: { revision: 1 } };
  return type.endsWith(":Secret") ? { metadata: { name: `${name}-1234567` } } : {};
}

/** Runs the program on an engine on which each step takes a while. */
async function stepsOf(storageMode: "mongo" | "filesystem"): Promise<Steps> {
  const steps = new Map<string, Step>();
  const newResource = async ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
    const began = performance.now();
    await sleep(skipped.includes(nameInInstance(name)) ? 500 : 50);
    steps.set(nameInInstance(name), { type, inputs, began, ended: performance.now() });
    return { id: name, state: { requests: 0, ...(inputs as object), ...outputsOf(type, name) } };
  };
  await runProgram({ newResource, call: playedChart }, { ...settings, storageMode });
  return steps;
}

/** Steps that began before the one that comes before them here was done. */
function tooEarly(steps: Steps, order: readonly string[]): readonly string[] {
  const began = (name: string) => steps.get(name)?.began ?? -Infinity;
  const ended = (name: string) => steps.get(name)?.ended ?? Infinity;
  return order.filter((name, at) => at > 0 && began(name) < ended(order[at - 1] ?? ""));
}

/** What begins before the services are known to be as the settings say. */
function beforeCheck(steps: Steps): readonly string[] {
  const components = [...steps].filter(([, { type }]) => type.startsWith("taskrunner:storage:"));
  const ignored = ["services-check", ...components.map(([name]) => name)];
  const { ended } = steps.get("services-check") ?? { ended: Infinity };
  return [...steps]
    .filter(([name, { began }]) => began < ended && !ignored.includes(name))
    .map(([name]) => name);
}

/** The directions that steps are told; a step that is the same in both is told none. */
function directionsIn(steps: Steps): readonly unknown[] {
  const told = [...steps.values()].map(
    ({ inputs }) => (inputs as { direction?: string }).direction,
  );
  return [...new Set(told)].filter((direction) => direction !== undefined);
}

/** A resource's inputs as text, with what is secret left out. */
function withoutSecrets(inputs: unknown): string {
  const isSecret = (value: unknown) =>
    typeof value === "object" && value !== null && pulumi.runtime.specialSigKey in value;
  return JSON.stringify(inputs, (_key, value: unknown) => (isSecret(value) ? undefined : value));
}

describe("the program in a cutover", () => {
  let steps: Steps;
  beforeAll(async () => {
    steps = await stepsOf("mongo");
  });

  it("makes the schema between the claim and the completion of the ledger's record", () => {
    const schema = ["server-check", "ledger-claim", "pack_runs", "pack_run_logs_run_sequence"];
    expect(tooEarly(steps, [...schema, "pack_run_approvals_run_status", "ledger"])).toEqual([]);
  });

  it("imports, starts web and verifies before the drain, imports in the handover and after web, and verifies again", () => {
    const before = [
      "application-check",
      "suspend-log-ttl",
      "bulk-pass",
      "canary",
      "first-verification",
    ];
    const handover = ["worker-drain-request", "worker-drain", "handover"];
    const services = ["worker", "worker-pods", "web", "web-pods"];
    const after = ["final-pass", "verification", "log-retention"];
    expect(tooEarly(steps, [...before, ...handover, ...services, ...after])).toEqual([]);
  });

  it("changes nothing before the check of the services", () => {
    expect(beforeCheck(steps)).toEqual([]);
  });

  it("tells each step that it goes forward", () => {
    expect(directionsIn(steps)).toEqual(["forward"]);
  });
});

describe("the program in a rollback", () => {
  let steps: Steps;
  beforeAll(async () => {
    steps = await stepsOf("filesystem");
  });

  it("exports before the drain, while no worker runs, and what web wrote after its rollout", () => {
    const order = ["worker-drain-request", "worker-drain", "handover", "worker", "worker-pods"];
    const all = ["bulk-pass", ...order, "web", "web-pods", "final-pass"];
    expect(tooEarly(steps, all)).toEqual([]);
  });

  it("waits for no step on MongoDB", () => {
    for (const step of skipped) {
      expect(tooEarly(steps, [step, "worker-drain-request"])).not.toEqual([]);
      expect(tooEarly(steps, [step, "handover"])).not.toEqual([]);
    }
  });

  it("changes nothing before the check of the services", () => {
    expect(beforeCheck(steps)).toEqual([]);
  });

  it("tells each step that it goes back", () => {
    expect(directionsIn(steps)).toEqual(["back"]);
  });

  it("gives the connection string to steps and the services' Secret only, as a secret", () => {
    const having = [...steps].filter(([, { inputs }]) => JSON.stringify(inputs).includes(mongoUri));
    const others = having.filter(([, { type }]) => !type.startsWith("pulumi-nodejs:dynamic/"));
    expect(others.map(([name]) => name)).toEqual(["mongo-connection"]);
    expect(having.filter(([, { inputs }]) => withoutSecrets(inputs).includes(mongoUri))).toEqual(
      [],
    );
  });
});

it.each([
  ["task-runner-storage", "web"],
  ["blue", "blue-worker"],
])("names no resource of %s as one of %s, which is in the same program", async (...names) => {
  const registered: string[] = [];
  const newResource = ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
    registered.push(`${type} ${name}`);
    return { id: name, state: { requests: 0, ...(inputs as object), ...outputsOf(type, name) } };
  };
  const mocks = { newResource, call: playedChart };
  await pulumi.runtime.setMocks(mocks, project, "test", false, "organization");
  const { settingsOf, TaskRunnerStorage } = await import("../../components/program.js");
  for (const name of names) {
    const backfill = { source: { path: `/state/${name}` } };
    new TaskRunnerStorage(name, settingsOf({ ...settings, storageMode: "mongo", backfill }));
  }
  await pulumi.runtime.disconnect();
  expect(registered.length).toBeGreaterThan(80);
  expect(registered.filter((one, at) => registered.indexOf(one) < at)).toEqual([]);
});

const clusters = [
  {
    kind: "atlas",
    projectId: "5f0000000000000000000001",
    provider: "AWS",
    regions: [{ name: "EU_CENTRAL_1" }],
  },
  {
    kind: "kubernetes",
    allowPlainText: true,
    engineInside: true,
    resource: { version: "8.0.12", tls: { enabled: false } },
  },
] satisfies TaskRunnerStorageArgs["cluster"][];
it.each(clusters)("names indexes and grants further collections: $kind", async (cluster) => {
  const registered: pulumi.runtime.MockResourceArgs[] = [];
  const newResource = (args: pulumi.runtime.MockResourceArgs) => {
    registered.push(args);
    const { type, name } = args;
    const connectionStrings = { standardSrv: "mongodb+srv://db.example.net" };
    const state = { connectionStrings, ...(args.inputs as object), ...outputsOf(type, name) };
    return { id: name, state };
  };
  const call = (args: pulumi.runtime.MockCallArgs) => ({ outputs: {}, ...playedChart(args) });
  await pulumi.runtime.setMocks({ newResource, call }, project, "test", false, "organization");
  const { settingsOf, TaskRunnerStorage } = await import("../../components/program.js");
  const indexNames = { pack_runs_updatedAt_desc: "IX_updatedAt" };
  const mongo = { indexNames, extraCollections: ["pack_run_provenance"] };
  const others = { ...settings, mongoUri: undefined, storageMode: "mongo" as const };
  // A process has one program: here the one before has this directory.
  const backfill = { source: { path: `/state/${cluster.kind}` } };
  new TaskRunnerStorage("one", settingsOf({ ...others, backfill, cluster, mongo }));
  await pulumi.runtime.disconnect();

  const having = (text: string) =>
    registered.filter(({ inputs }) => JSON.stringify(inputs).includes(text));
  const kinds = having("pack_run_provenance").map(({ type }) => type.replace(/^.*:/, ""));
  const role = cluster.kind === "atlas" ? "CustomDbRole" : "MongoDBCommunity";
  expect(kinds.sort()).toEqual(["ApplicationCheck", role].sort());
  const indexes = having('"IX_updatedAt"').filter(({ type }) => type.endsWith(":Index"));
  expect(indexes).toHaveLength(1);
});

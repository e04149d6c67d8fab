import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { labelValue } from "../../components/kubernetes";
import { readCutoverRecord } from "../../components/state";
import { generateSample, type SampleCounts } from "../../tools/sample";
import { ownKubelet } from "../../tools/parts";
import { startJobCluster, type JobCluster } from "../jobs/cluster";
import type { EngineRun } from "./stack";
import { outputsOfStep } from "./state";
import { type Mode, valuesStack } from "./stacks";

const namespace = "taskrunner";
const hidden = "s3cret-of-the-migrator";

const life = valuesStack({ runs: 0, kubernetes: true });
let cluster: JobCluster;
let sample: SampleCounts;
let root: string;
/** Everything that the engine printed. */
const printed: string[] = [];

beforeAll(async () => {
  root = join(life.stack.folder, "volume/taskrunner");
  sample = await generateSample(root, { runs: 30 });
  cluster = await startJobCluster(life.stack.folder);
  await cluster.prepare(namespace, "mongodb://none", join(life.stack.folder, "volume"));
});
afterAll(() => cluster.stop());

const configure = (storageMode: Mode, more: object = {}) =>
  life.stack.configure({
    storageMode,
    mongoUri: `${life.server.uri}/taskrunner?appName=${hidden}`,
    logRetentionDays: 10_000,
    backfill: { source: { persistentVolumeClaim: "state", subPath: "taskrunner" } },
    kubernetes: { kubeconfig: cluster.kubeconfig },
    jobs: {
      image: "commands",
      namespace,
      timeoutSeconds: 60,
      podTemplate: { metadata: { annotations: { [ownKubelet.name]: ownKubelet.value } } },
    },
    rollout: { target: "values", directory: life.directory, confirm: "none" },
    ...more,
  });

async function succeeded(running: Promise<EngineRun>): Promise<string> {
  const run = await running;
  printed.push(run.output);
  expect(run.failed, run.output).toBe(false);
  return run.output;
}

const kubectl = (...args: string[]) => cluster.kubectl(...args, `--namespace=${namespace}`);
/** The steps that have a Job, each once a Job, in alphabetical order. */
const steps = async () => {
  const names = await kubectl("get", "jobs", "--output=name");
  return names.split("\n").map((name) => name.replace(/^.*\/taskrunner-|-\w+$/g, ""));
};

describe("a cutover whose database only the cluster reaches", () => {
  it("shows in a preview what is made", async () => {
    await configure("mongo");
    const preview = await succeeded(life.stack.preview());
    expect(preview).toMatch(/mongo:LedgerClaim: \(create\)/);
    expect(preview).toMatch(
      /\+ pulumi-nodejs:dynamic\/mongo:Index: \(create\)[^]*"pack_run_logs_run_sequence"/,
    );
    expect(await kubectl("get", "jobs", "--output=name")).toBe("");
  });

  it("does every step by a Job, and verifies it", async () => {
    await succeeded(life.stack.up());
    expect(await steps()).toEqual([
      "application-check",
      "bulk-pass",
      "final-pass",
      "first-verification",
      "handover",
      "ledger-claim",
      "log-retention",
      "suspend-log-ttl",
      "verification",
    ]);
    expect(await life.stack.outputs()).toMatchObject({
      database: "taskrunner",
      migration: { appliedAt: expect.stringMatching(/^20/) as string },
      backfill: sample,
      verification: { holds: true, ...sample },
    });
    expect(await outputsOfStep(life.stack, "bulk-pass")).toMatchObject({
      report: { runs: { read: sample.runs, inserted: sample.runs, quarantined: 0 } },
    });
    const ledger = await life.db.collection("schema_migrations").findOne({});
    expect(ledger).toMatchObject({ stack: "taskrunner-storage/test" });
    const cutoverRecord = await readCutoverRecord(root);
    expect(ledger?.cutoverAt).toEqual(new Date(cutoverRecord?.at ?? 0));
    const [expiring] = await life.db
      .collection("pack_run_logs")
      .indexes()
      .then((indexes) =>
        indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined),
      );
    expect(expiring).toMatchObject({ expireAfterSeconds: 10_000 * 24 * 60 * 60 });
  });

  it("asks for a pod without privileges that mounts the volume only as it needs it", async () => {
    const { items } = JSON.parse(await kubectl("get", "jobs", "--output=json")) as Jobs;
    expect(items).toHaveLength(9);
    for (const { metadata, spec } of items) {
      expect(spec.ttlSecondsAfterFinished).toBe(7 * 24 * 3600);
      const { containers, volumes = [], ...pod } = spec.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        restartPolicy: "Never",
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(containers[0]?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      const step = metadata.labels["taskrunner.stellaops.io/step"] ?? "";
      const claims = volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim ?? []);
      const writes = /pass|first|handover/.test(step) ? {} : { readOnly: true };
      const needs = /pass|handover|verification|claim/.test(step);
      expect(claims).toEqual(needs ? [{ claimName: "state", ...writes }] : []);
    }
  });

  it("changes nothing in a second up", async () => {
    expect(await succeeded(life.stack.up())).not.toMatch(/[+~-] \d+ (created|updated|deleted)/);
    expect(await steps()).toHaveLength(9);
  });

  it("stops what still runs on a rollback, and brings what changed to files", async () => {
    const forEver = [process.execPath, "--eval", "setInterval(() => {}, 1000)", "--"];
    cluster.images.set("for-ever", { entrypoint: forEver });
    await leaveRunning();
    const runId = await changeOneRun();
    await configure("filesystem");
    const up = await succeeded(life.stack.up());
    expect(up).toContain("job taskrunner-left: stopped");
    expect(up).toMatch(/claim state\/taskrunner before the drain: 1 run\./);
    expect(await steps()).toEqual([
      "application-check",
      "bulk-pass",
      "bulk-pass",
      "final-pass",
      "final-pass",
      "first-verification",
      "handover",
      "handover",
      "ledger-claim",
      "log-retention",
      "suspend-log-ttl",
      "verification",
    ]);
    const file = await readFile(join(root, "state/runs", `${runId}.json`), "utf8");
    expect(JSON.parse(file)).toMatchObject({ planHash: "changed in MongoDB" });
  });

  it("holds unfinished runs while MongoDB is unreachable", async () => {
    await configure("mongo");
    await succeeded(life.stack.up());
    const cutoverRecord = await readCutoverRecord(root);
    const count = cutoverRecord?.unfinishedCount ?? 0;
    expect(count).toBeGreaterThan(0);
    await life.server.stop();
    await configure("filesystem");
    const up = await succeeded(life.stack.up());
    expect(up).toMatch(/127\.0\.0\.1.*next `pulumi up`.*\[not-exported\]/);
    const held = `${count} runs .*claim state/taskrunner/held.*\\[runs-held\\]`;
    expect(up).toMatch(new RegExp(held));
  });

  it("brings them to the files in a later update, when MongoDB answers again", async () => {
    await life.server.start();
    await succeeded(life.stack.up());
    expect(await life.stack.outputs()).toMatchObject({ rollback: { exported: true } });
    expect(await outputsOfStep(life.stack, "handover")).toMatchObject({
      rollback: { held: { count: 0 } },
    });
    const files = await readdir(join(root, "state/runs"));
    expect(files.filter((name) => /^[^.].*\.json$/.test(name))).toHaveLength(sample.runs);
  });

  it("keeps the connection string only in the Secret", async () => {
    const kinds = "jobs,pods,configmaps,events";
    expect(await kubectl("get", kinds, "--output=yaml")).not.toContain(hidden);
    expect(printed.join("\n")).not.toContain(hidden);
    expect(await life.stack.state()).not.toContain(hidden);
  });
});

interface Jobs {
  readonly items: readonly {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly ttlSecondsAfterFinished: number;
      readonly template: {
        readonly spec: {
          readonly containers: readonly { readonly securityContext: unknown }[];
          readonly volumes?: readonly { readonly persistentVolumeClaim?: unknown }[];
        };
      };
    };
  }[];
}

/** A Job of the stack's that an interrupted `up` left behind. */
async function leaveRunning(): Promise<void> {
  const owner = labelValue("taskrunner-storage/test/taskrunner");
  const labels = { "taskrunner.stellaops.io/jobs-of": owner };
  const annotations = { [ownKubelet.name]: ownKubelet.value };
  const containers = [{ name: "main", image: "for-ever" }];
  await cluster.apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "taskrunner-left", namespace, labels },
    spec: {
      template: { metadata: { labels, annotations }, spec: { restartPolicy: "Never", containers } },
    },
  });
  await vi.waitFor(async () => {
    const active = "--output=jsonpath={.status.active}";
    expect(await kubectl("get", "job/taskrunner-left", active)).toBe("1");
  }, 20_000);
}

async function changeOneRun(): Promise<string> {
  const runs = life.db.collection<{ _id: string }>("pack_runs");
  const [run] = await runs
    .find({ _id: /^[\w-]+$/ })
    .limit(1)
    .toArray();
  const _id = run?._id ?? "";
  const updatedAt = new Date();
  await runs.updateOne({ _id }, { $set: { planHash: "changed in MongoDB", updatedAt } });
  return _id;
}

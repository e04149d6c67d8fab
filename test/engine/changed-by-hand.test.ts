import { expect, it, vi } from "vitest";
import { takeRun } from "../program/life";
import { clusterSiteValues } from "./cluster";
import { helmStack, type Mode } from "./stacks";
import { engineState } from "./state";
import { cutoverKinds, stepsDone } from "./steps";

const site = helmStack({ runs: 8 });

const configure = (storageMode: Mode) => site.configure(storageMode, { logRetentionDays: 3650 });

async function up(...flags: string[]): Promise<string[]> {
  return stepsDone(await site.up(...flags), [...cutoverKinds, "LogRetention"]);
}

const setTag = (tag: string) => {
  const { worker } = clusterSiteValues;
  return site.cluster.setValues("worker", { ...worker, image: { ...worker.image, tag } });
};
const arrives = (mode: string) =>
  vi.waitFor(async () => {
    expect(await site.cluster.modesOf("worker")).toEqual([mode, mode]);
  }, 30_000);

it("a worker that was rolled back by hand stays on files until the stack is rolled back too", async () => {
  await configure("filesystem");
  await up();
  await configure("mongo");
  await up();
  await site.cluster.helm("rollback", site.cluster.releases.worker);
  await arrives("filesystem");

  await setTag("2");
  const refused = await site.stack.pulumi("up", "--yes", "--skip-preview", "--refresh");
  expect(refused.failed).toBe(true);
  expect(refused.output).toMatch(/Deployment \S+ is in filesystem mode.* left it in mongo mode/);
  expect(stepsDone(refused, cutoverKinds)).toEqual([]);
  expect(await site.cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);

  await configure("filesystem");
  expect(await up()).toContain("Drain worker-drain");
  await arrives("filesystem");
});

const urnOf = async (end: string) =>
  (await engineState(site.stack)).deployment.resources.find(({ urn }) => urn.endsWith(end))?.urn ??
  "";
/** The kinds of a cutover's steps that a preview says would run. */
function kindsThatRun(preview: string): string[] {
  const { steps } = JSON.parse(preview) as {
    readonly steps: readonly { readonly op: string; readonly urn: string }[];
  };
  const run = steps.filter(({ op }) => ["create", "update", "replace"].includes(op));
  const kinds: readonly string[] = [...cutoverKinds, "LogRetention"];
  const found = run.map(({ urn }) => urn.split("::")[2]?.split(":").at(-1) ?? "");
  return found.filter((kind) => kinds.includes(kind));
}
const excludeDrain = ["--exclude", "**-worker-drain", "--exclude", "**-worker-drain-request"];
const logs = () => site.db.collection("pack_run_logs");
const day = 86_400;
/** Whether log entries expire as configured; a cutover lifts that until its end. */
const hasExpiry = async () =>
  (await logs().indexes()).some(({ expireAfterSeconds }) => expireAfterSeconds === 3_650 * day);

it("an up that leaves a step out spends none behind it, and a plain one does the rest", async () => {
  await configure("mongo");
  const { output } = await site.stack.previewAsJson(...excludeDrain);
  expect(kindsThatRun(output)).toEqual(["BulkPass", "Canary", "FirstVerification"]);
  expect(output).toContain("[service-stays]");
  expect(await up(...excludeDrain)).toEqual([
    "BulkPass bulk-pass",
    "Canary canary",
    "FirstVerification first-verification",
  ]);
  expect(await hasExpiry()).toBe(false);
  expect(await site.cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);

  // The handover is not part of it: the worker waits, drained.
  await up("--exclude", "**Handover::*handover");
  expect(await site.cluster.replicas()).toEqual({ worker: 0, web: 2 });
  const run = await site.stack.upBeside(
    /worker-pods updating/,
    () => void takeRun(site.root, "taken-by-web"),
  );
  expect(run.failed, run.output).toBe(false);
  const done = stepsDone(run, [...cutoverKinds, "LogRetention"]);
  expect(done.slice(-3)).toEqual([
    "FinalPass final-pass",
    "Verification verification",
    "LogRetention log-retention",
  ]);
  await arrives("mongo");
  const runs = site.db.collection<{ _id: string }>("pack_runs");
  expect(await runs.countDocuments({ _id: "taken-by-web" })).toBe(1);
  expect(await hasExpiry()).toBe(true);
});

it("a drain that is replaced or tainted leaves the worker at work, in Mongo mode and back", async () => {
  const drain = await urnOf(":Drain::taskrunner-worker-drain");
  const { output } = await site.stack.previewAsJson("--replace", drain);
  const foreseen = kindsThatRun(output);
  expect(foreseen).toContain("Drain");
  for (const step of await up("--replace", drain)) {
    expect(foreseen).toContain(step.split(" ")[0]);
  }
  await arrives("mongo");

  await configure("filesystem");
  // Whether the engine itself ends well with these flags in a rollback or not, the worker stays.
  await site.stack.pulumi("up", "--yes", "--skip-preview", ...excludeDrain);
  await arrives("mongo");
  await site.stack.taint(await urnOf(":Drain::taskrunner-worker-drain"));
  expect(await up()).toContain("Handover handover");
  await arrives("filesystem");
});

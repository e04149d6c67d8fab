import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Long } from "mongodb";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { migrationId } from "../../components/ledger";
import { playPulumi, runPlayed } from "../cli/played-pulumi";
import type { EngineRun, StackSettings } from "../engine/stack";
import { addFiles } from "../transfer/state";
import { lifeForTests } from "./life";

const life = lifeForTests({ runs: 2 });
const location = () => life.stack.folder;

/** Something for which `up` stops before the cutover. */
interface Refusal {
  /** Settings beside those of the stack. */
  readonly settings?: StackSettings;
  /** Makes it. @returns what undoes it */
  readonly make?: () => Promise<() => Promise<unknown>>;
  /** What preview, `up` and `doctor` say of it. */
  readonly words: RegExp;
  /**
   * What stops its review, if the engine's preview does not: the figures of `plan`, or nothing, because a preview may run
   * where nothing reaches MongoDB: then it says that `up` looks first.
   */
  readonly stoppedBy?: "figures" | "up";
}

/** Writes a file of a folder, and puts back what was there. */
async function changed(file: string, text: string): Promise<() => Promise<void>> {
  const before = await readFile(file, "utf8").catch(() => undefined);
  await writeFile(file, text);
  return () => (before === undefined ? rm(file) : writeFile(file, before));
}

async function swap(): Promise<() => Promise<void>> {
  const [worker = "", web = ""] = ["worker", "web"].map((name) =>
    join(life.directory, `${name}.values.yaml`),
  );
  const exchange = async () => {
    await rename(worker, `${worker}.old`);
    await rename(web, worker);
    await rename(`${worker}.old`, web);
  };
  await exchange();
  return exchange;
}

const ledger = () => life.db.collection<{ _id: string }>("schema_migrations");

const refusals: Readonly<Record<string, Refusal>> = {
  "a state directory that is not there": {
    settings: { backfill: { source: { path: "/nowhere/taskrunner" } } },
    words: /\/nowhere\/taskrunner/,
  },
  "values files that were swapped": { make: swap, words: /named for worker/ },
  "a values file of another stack": {
    make: () =>
      changed(
        join(life.directory, "taskrunner-storage.worker.values.yaml"),
        "# taskrunner-storage: values of stack organization/taskrunner-storage/other\n{}\n",
      ),
    words: /not of stack/,
  },
  "documents that block a unique index": {
    make: async () => {
      const logs = life.db.collection("pack_run_logs");
      await logs.insertMany([1, 2].map(() => ({ runId: "twice", sequence: Long.fromNumber(1) })));
      return () => logs.deleteMany({ runId: "twice" });
    },
    words: /pack_run_logs[^]*twice/,
    stoppedBy: "figures",
  },
  "another stack's cutover": {
    make: async () => {
      const cutovers = [{ at: new Date(), stack: "taskrunner-storage/other" }];
      await ledger().updateOne({ _id: migrationId }, { $set: { cutovers } }, { upsert: true });
      return () => ledger().deleteOne({ _id: migrationId });
    },
    words: /taskrunner-storage\/other has recorded a cutover/,
  },
  "a server that does not answer": {
    settings: { mongoUri: "mongodb://127.0.0.1:1/taskrunner" },
    words: /Connecting to MongoDB at 127\.0\.0\.1:1 failed/,
    stoppedBy: "up",
  },
  "a setting that there is not": { settings: { storageMod: "mongo" }, words: /storageMod\b/ },
  "an unfinished run that cannot be read": {
    make: async () => {
      await addFiles(life.root, { "state/runs/cut.json": '{"runId": "cut", "st' });
      return () => rm(join(life.root, "state/runs/cut.json"));
    },
    words: /runs\/cut\.json/,
    stoppedBy: "figures",
  },
};

/** What preview, `up` and `doctor` say with these settings. */
async function asked(more: StackSettings = {}) {
  const settings = {
    storageMode: "mongo",
    mongoUri: `${life.server.uri}/${life.db.databaseName}`,
    backfill: { source: { path: life.root } },
    ...more,
  };
  await life.configure(settings);
  const rollout = { target: "values", directory: life.directory, confirm: "none" };
  await playPulumi(location(), {
    settings: { rollout: { workerStopped: 1, ...rollout }, ...settings },
    outputs: await life.stack.outputs(),
  });
  const preview = await life.stack.preview();
  const command = (name: string, ...args: string[]) =>
    runPlayed(location(), "test", name, ...args, "--connect-timeout", "2");
  const doctor = await command("doctor");
  const figures = (await command("plan", "--json")).stdout;
  return { preview, doctor, figures, up: await life.stack.up() };
}

/** A preview that says that `up` will stop, in place of that word or by its own failure. */
const isStopped = ({ failed, output }: EngineRun) => failed || output.includes("[stop: ");

beforeAll(() => cp("package.json", join(location(), "package.json")));
// An `up` that is refused may have begun.
beforeEach(async () => {
  life.stack.forget();
  await life.db.dropDatabase();
});

it.each(Object.entries(refusals))("%s: up, preview and doctor refuse it", async (_, refusal) => {
  const { settings, make, words, stoppedBy } = refusal;
  const undo = await make?.();
  const { preview, doctor, figures, up } = await asked(settings);
  await undo?.();
  expect(up.failed, up.output).toBe(true);
  expect(up.output).toMatch(words);
  if (stoppedBy === undefined) expect(isStopped(preview), preview.output).toBe(true);
  expect(stoppedBy === "figures" ? figures : preview.output).toMatch(words);
  expect(doctor.exitCode, doctor.stdout).toBe(2);
  expect(doctor.stdout).toMatch(words);
  expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
});

it("all three go on once nothing is refused, until the number is that of an ended cutover", async () => {
  const first = await asked();
  expect(first.doctor.exitCode, first.doctor.stdout).toBe(0);
  expect([isStopped(first.preview), first.up.failed]).toEqual([false, false]);
  expect((await asked({ storageMode: "filesystem" })).up.failed).toBe(false);

  const stale = await asked({ cutover: 1 });
  expect([isStopped(stale.preview), stale.doctor.exitCode, stale.up.failed]).toEqual([
    true,
    2,
    true,
  ]);
  for (const text of [stale.preview.output, stale.doctor.stdout, stale.up.output])
    expect(text).toMatch(/cutover: 2/);
});

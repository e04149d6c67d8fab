import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Long, ObjectId, type CollectionInfo } from "mongodb";
import { beforeAll, expect, it } from "vitest";
import { generateSample, type SampleCounts } from "../../tools/sample";
import { rendered } from "../review/rendered";
import { stable } from "../review/stable";
import { playElection } from "../mongo/election";
import { reviewed, type Review, type ReviewedStackOptions } from "./reviewed";
import { valuesStack } from "./stacks";
import { makeUser } from "./user";

const password = "s3cret-of-the-services";

const life = valuesStack({ name: "staging", runs: 0 });
let sample: SampleCounts;
let locations: { readonly state: string; readonly rollout: string };

beforeAll(async () => {
  await makeUser(life.server.uri, "taskrunner", `app:${password}@`);
  locations = {
    state: join(life.stack.folder, "var/lib/taskrunner"),
    rollout: join(life.stack.folder, "srv/deploy"),
  };
  await mkdir(join(life.stack.folder, "var/lib"), { recursive: true });
  sample = await generateSample(locations.state, { runs: 132 });
  await cp(resolve(__dirname, "../../tools/sample/rollout"), locations.rollout, {
    recursive: true,
  });
});

const configure = async (more: object = {}) => {
  await life.stack.configure({
    storageMode: "mongo",
    // The gallery has a site's settings alone.
    advanced: undefined,
    mongoUri: `${life.server.uri}/taskrunner`,
    appMongoUri: `mongodb://app:${password}@127.0.0.1:${life.server.port}/taskrunner`,
    backfill: { source: { path: locations.state } },
    rollout: { target: "values", directory: locations.rollout, confirm: "none" },
    ...more,
  });
};

async function review(options: ReviewedStackOptions = {}): Promise<Review> {
  const made = await reviewed(life.stack, { uri: `${life.server.uri}/taskrunner`, ...options });
  expect(made.body).not.toContain(password);
  return made;
}

/** The gallery is read by people: `make gallery` draws it. */
const expectInGallery = (name: string, { body }: Review) =>
  expect(stable(body)).toMatchFileSnapshot(`../review/gallery/${name}.md`);

it("reviews a first cutover: what is created, imported and cut over", async () => {
  await configure();
  const made = await review();

  expect(made.level).toBe("risks");
  expect(made.verdict).toMatch(/the stack does not stop the worker.* \d+ unfinished runs wait/);
  expect(made.body).toContain(
    `create 4 collections<br>create 9 indexes<br>import ${sample.runs} runs<br>`,
  );
  await expectInGallery("first-cutover", made);
});

it("reviews a database of another service: its name, and what else is in it", async () => {
  const uri = `${life.server.uri}/payments`;
  const payments = life.db.client.db("payments");
  await payments.collection("invoices").insertOne({ amount: 1 });
  await configure({ mongoUri: uri, appMongoUri: uri });
  const made = await review({ uri });
  // A workflow may have the variable of another stack.
  const leftover = await review();
  await payments.dropDatabase();
  await configure();

  const hosts = `127.0.0.1:${life.server.port}`;
  expect(made.databases).toEqual([{ hosts, database: "payments" }]);
  expect(made.verdict).toContain("the database has 1 collection outside the schema: `invoices`");
  const own = `${hosts}/payments`;
  expect(leftover.verdict).toContain(
    `the plan is of \`${hosts}/taskrunner\`, and the preview of \`${own}\``,
  );
  await expectInGallery("other-database", made);
});

it("reviews a run that cannot be read: it blocks the cutover, by its file", async () => {
  const file = join(locations.state, "state/runs/run-20251106-000001.json");
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, 40));
  const made = await review();
  await writeFile(file, whole);

  expect(made.level).toBe("blocked");
  expect(made.body).toContain("- `state/runs/run-20251106-000001.json`");
  await expectInGallery("unreadable-run", made);
});

it("reviews blocking documents: a duplicate of a key, and a broken one", async () => {
  const entry = (id: number, sequence: number) => ({
    _id: new ObjectId(id.toString(16).padStart(24, "0")),
    runId: "run-20251106-000001",
    sequence: Long.fromNumber(sequence),
    timestamp: new Date("2025-11-06T12:00:00Z"),
    level: "info",
    eventType: "step.started",
    message: "Step started.",
  });
  const broken = { ...entry(5, 3), level: "notice" };
  const entries = [entry(1, 1), entry(2, 1), entry(3, 2), entry(4, 2), broken];
  await life.db.collection("pack_run_logs").insertMany(entries);

  const made = await review();
  await life.db.dropDatabase();
  expect(made.verdict).toContain("2 data issues");
  expect(made.level).toBe("blocked");
  await expectInGallery("duplicate", made);
});

it("reviews nothing where nothing changes", async () => {
  await life.up();

  const { headline, body } = await review();
  expect(headline).toBe("staging: no changes");
  expect(body).toMatch(/^### `staging`: no changes\n/);
  expect(rendered(body).tables).toEqual([]);
});

it("reviews another database of a stack on MongoDB: one line, and no figures", async () => {
  const uri = `${life.server.uri}/other`;
  await configure({ mongoUri: uri, appMongoUri: uri });
  const made = await review({ uri });
  await configure();

  expect(made.level).toBe("blocked");
  expect(made.verdict).toMatch(/the database changes from `.*\/taskrunner` to `.*\/other`/);
  expect(made.body).toContain("advanced.acceptDatabase");
  expect(made.body).not.toMatch(/database: (taskrunner|other)/);
  await expectInGallery("moved-database", made);
});

it("reviews a changed index, and log entries that will expire", async () => {
  await configure({ tenancy: "enforced", logRetentionDays: 30 });
  const made = await review();

  expect(made.verdict).toContain("1 index built anew");
  expect(made.verdict).toMatch(/deleted: [\d,]+ entries/);
  await expectInGallery("changed-index", made);
});

it("reviews drift: what a refresh finds changed by hand", async () => {
  await configure();
  const [runs] = await life.db.listCollections<CollectionInfo>({ name: "pack_runs" }).toArray();
  const validator = runs?.options?.validator as object;
  await life.db.collection("pack_run_logs").dropIndex("pack_run_logs_run_timestamp");
  await life.db.command({ collMod: "pack_runs", validator: {} });

  const made = await review({ args: ["--refresh"] });
  await life.db.command({ collMod: "pack_runs", validator });
  expect(made.headline).toMatch(/refresh: collections, indexes$/);
  expect(made.verdict).toContain("1 validator lost");
  await expectInGallery("drift", made);
});

it("reviews a rollback: what is exported", async () => {
  await life.db.collection("pack_runs").updateMany({}, { $set: { updatedAt: new Date() } });
  await configure({ storageMode: "filesystem" });
  const made = await review({
    comment: ["--save-approval", join(life.stack.folder, "approval.json")],
  });

  expect(made.verdict).toMatch(/\d+ unfinished runs resume/);
  expect(made.body).toMatch(new RegExp(`export what changed .*: ${sample.runs} runs now`));
  await expectInGallery("rollback-mongodb-up", made);
});

it("reviews a rollback in an election: up stops, and nothing is held yet", async () => {
  const election = await playElection(life.server.uri);
  election.begin(600);
  const uri = `mongodb://127.0.0.1:${election.port}/taskrunner?heartbeatFrequencyMS=500`;
  await configure({ storageMode: "filesystem", mongoUri: uri });
  const made = await review({ uri, answers: false });
  await election.close();
  await configure({ storageMode: "filesystem" });

  expect(made.verdict).toContain("up stops");
  expect(made.level).toBe("blocked");
  await expectInGallery("rollback-election", made);
});

it("reviews a rollback with MongoDB stopped: what stays behind", async () => {
  await life.server.stop();
  // Approved was an export.
  const comment = ["--approved", join(life.stack.folder, "approval.json")];
  const made = await review({ answers: false, comment });

  expect(made.unapproved).toMatch(/approved: .*would-not-export/);
  expect(made.level).toBe("risks");
  expect(made.verdict).toMatch(/unreachable.* \d+ unfinished runs held/);
  await expectInGallery("rollback-mongodb-down", made);
});

it("reviews a preview that failed: its errors", async () => {
  await configure({ storageMode: "both", mongo: { collection: 3 } });
  const made = await review({ answers: false });

  expect(made.headline).toBe("staging: the preview failed");
  expect(made.level).toBe("blocked");
  await expectInGallery("failed", made);
});

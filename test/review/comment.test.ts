import { describe, expect, it } from "vitest";
import { foreseenInWords } from "../../components/backfill/way-back/words";
import {
  longestComment,
  readPreview,
  redactor,
  review,
  ReviewInputError,
  situationOf,
} from "../../components/review";
import { rendered } from "./rendered";
import { previewOf, reviewOf, type RawStep } from "./steps";

const index = {
  name: "pack_runs_tenant",
  collection: "pack_runs",
  key: "tenantId:1, updatedAt:-1",
  unique: false,
  sparse: true,
};
const changedIndex: RawStep = {
  type: "~mongo:Index",
  name: "pack_runs_tenant",
  old: index,
  outputs: { applied: true },
  now: { ...index, sparse: false },
};
const toFiles: RawStep = {
  type: "~taskrunner:StateExport",
  name: "export",
  old: { mode: "mongo", stage: "export", root: "/state", heldRuns: "hold" },
  now: { mode: "filesystem", stage: "export", root: "/state", heldRuns: "hold" },
};
const noPlan = { changes: [], issues: [] };

it("has what is made side by side by its name, in whatever order the engine says it", () => {
  const made = (name: string): RawStep => ({
    ...{ op: "create", type: "~mongo:Index", name, now: { ...index, name } },
  });
  const names = ["pack_runs_c", "pack_runs_a", "pack_runs_b"];
  const { body } = reviewOf(previewOf(names.map(made)));

  expect(body.match(/pack_runs_\w(?=`)/g)).toEqual([...names].sort());
});

describe("the verdict", () => {
  it("names an index that is built anew", () => {
    expect(reviewOf(previewOf([changedIndex]))).toMatchObject({
      headline: "staging: change: 1 index",
      level: "risks",
      verdict: "⚠️ **Look first:** 1 index built anew",
    });
  });

  it("names writers that wait, by the plan, which has looked at the index", () => {
    const change = { kind: "modify index", collection: "pack_runs", index: index.name };
    const plan = { ...noPlan, changes: [{ ...change, blocksWrites: true }] };
    const { verdict, body } = reviewOf(previewOf([changedIndex]), plan);

    expect(verdict).toContain("writers wait for 1 index build");
    expect(body).toContain(
      "change, writers waiting, in place `pack_runs_tenant` `{\u00a0tenantId:",
    );
  });

  it("names what differs in MongoDB although nothing is about it", () => {
    const change = { kind: "create index", collection: "pack_runs", index: index.name };
    const plan = { ...noPlan, changes: [change, { kind: "record ledger", collection: "s" }] };

    expect(reviewOf(previewOf([]), plan)).toMatchObject({
      headline: "stack: no changes",
      verdict: "⚠️ **Look first:** 1 difference in MongoDB that up leaves, unless with --refresh",
    });
  });

  it("names what is destroyed and replaced, and nothing that stays when it leaves the stack", () => {
    const cluster = { type: "mongodbatlas:index/cluster:Cluster", parent: "MongoCluster" };
    const gone = { ...cluster, name: "gone", op: "delete", old: {} };
    const anew = { ...cluster, name: "anew", old: { region: "A" }, now: { region: "B" } };
    const ours = { ...changedIndex, op: "delete" };
    const steps = [gone, ours, { ...anew, op: "create-replacement" }, { ...anew, op: "replace" }];
    const { verdict, body } = reviewOf(previewOf(steps));

    expect(verdict).toBe(
      "⚠️ **Look first:** 1 resource destroyed · 1 resource replaced · 1 resource no longer managed",
    );
    expect(body).toContain("`mongodbatlas:Cluster` `gone` is **deleted**");
    expect(body).toContain("`pack_runs_tenant` leaves the stack and stays in MongoDB");
  });

  it("says what a section `backfill` takes away that leaves while MongoDB is the truth", () => {
    const leaves = { ...toFiles, op: "delete", outputs: { fence: { at: "x", unfinished: [] } } };
    const { verdict, body } = reviewOf(previewOf([leaves]));
    expect(verdict).toBe(
      "⚠️ **Look first:** 1 resource no longer managed · " +
        "without `backfill` a way back exports nothing and sets nothing aside",
    );
    expect(body).toContain("`export` leaves the stack, and the fence with it");
    const onFiles = { ...leaves, old: { ...toFiles.old, mode: "filesystem" } };
    expect(reviewOf(previewOf([onFiles])).verdict).not.toContain("way back");
  });

  it("names a change of the cluster, and a protection that is turned off", () => {
    const specs = (instanceSize: string) => [{ regionConfigs: [{ instanceSize }] }];
    const cluster: RawStep = {
      ...{ type: "mongodbatlas:index/advancedCluster:AdvancedCluster", name: "cluster" },
      parent: "MongoCluster",
      old: { replicationSpecs: specs("M30"), terminationProtectionEnabled: true },
      now: { replicationSpecs: specs("M50"), terminationProtectionEnabled: false },
    };
    const { verdict, body } = reviewOf(previewOf([cluster]));

    expect(verdict).toBe(
      "⚠️ **Look first:** 1 protection of MongoDB turned off · " +
        "MongoDB itself changes, its members may restart",
    );
    expect(body).toContain("`instanceSize` `M30` → `M50`");
  });

  it("takes the check of a server for no change of it, and shows it in a cutover alone", () => {
    const check = (old: string, now: string): RawStep => ({
      ...{ type: "~mongo:ServerCheck", name: "server-check", parent: "MongoCluster" },
      ...{ old: { mode: old }, now: { mode: now } },
    });
    const cutover = reviewOf(previewOf([check("filesystem", "mongo")]));

    expect(cutover.level).toBe("clear");
    expect(cutover.body).toContain("Server\u00a0check");
    const back = reviewOf(previewOf([check("mongo", "filesystem"), toFiles]));
    expect(back.body).not.toContain("Server");
  });

  it("blocks where the data do, unless the settings go on without", () => {
    const claim = (onDataIssue: string): RawStep => ({
      ...{ op: "create", type: "~mongo:LedgerClaim", name: "claim", now: { onDataIssue } },
    });
    const examples = [{ key: { runId: "r|1" }, documents: [{ id: "a" }, { id: "b" }] }];
    const duplicates = { index: "i", collection: "c", keys: 1, documents: 2, examples };
    const plan = { ...noPlan, issues: [{ kind: "duplicate keys", ...duplicates }] };
    const stopped = reviewOf(previewOf([claim("fail")]), plan);

    expect(stopped.level).toBe("blocked");
    expect(stopped.body).toContain('- `runId "r`&#124;`1"`: `a`, `b`');
    expect(reviewOf(previewOf([claim("report")]), plan).level).toBe("risks");
    // Where the migration is a Job no step has the setting.
    const config = { "taskrunner-storage:migration": '{"onDataIssue":"report"}' };
    const job = { op: "create", type: "~mongo:MigrationJob", name: "job", now: { mode: "mongo" } };
    expect(reviewOf(previewOf([job]), plan).level).toBe("blocked");
    expect(reviewOf(previewOf([job], { config }), plan).level).toBe("risks");
  });

  it("does not say that no document is in the way where nobody looked: the Job will", () => {
    const job = (from: string, to: string): RawStep => ({
      ...{ type: "~mongo:MigrationJob", name: "migration", parent: "PackRunMigration" },
      ...{ old: { mode: from }, now: { mode: to } },
    });
    const cutover = previewOf([job("filesystem", "mongo")]);

    expect(reviewOf(cutover)).toMatchObject({
      level: "risks",
      verdict: "⚠️ **Look first:** the data were not looked at, the Job checks them first",
    });
    expect(reviewOf(cutover, { ...noPlan, reachable: false }).level).toBe("risks");
    expect(reviewOf(cutover, noPlan).verdict).toContain("no document is in the way");
    expect(reviewOf(previewOf([job("mongo", "filesystem")])).level).toBe("clear");
  });

  it("says what a way back would leave behind", () => {
    const leftBehind = { conflicts: 2, conflictExamples: ["runs r"], unfinished: 0 };
    const exported = { runs: 3, logs: 0, artifacts: 0, approvals: 1 };
    const reached = { ...noPlan, leftBehind: { ...leftBehind, exported } };
    expect(reviewOf(previewOf([toFiles]), reached)).toMatchObject({
      headline: "staging: back to files: export of 3 runs, 1 approval",
      verdict: "⚠️ **Look first:** 2 records changed on both sides stay behind",
    });
    const lost = { ...noPlan, reachable: false, leftBehind: { conflicts: 0, unfinished: 1_204 } };
    const { verdict, body } = reviewOf(previewOf([toFiles]), lost);
    expect(verdict).toContain("1,204 unfinished runs set aside");
    expect(body).toContain("1,204 unfinished runs set aside in `/state/held`");
    const now = { ...toFiles.now, heldRuns: "release" };
    expect(reviewOf(previewOf([{ ...toFiles, now }]), lost).verdict).toContain("may repeat steps");
  });

  describe("on a way back that the preview warns of", () => {
    const fence = { at: "2026-11-25T21:16:30.502Z", unfinished: [] };
    const found = { outOfReach: "No connection string is configured.", unfinished: ["a", "b"] };
    const printed = (lines: readonly string[]) => ({
      diagnostics: lines.map((message) => ({ severity: "info", message: `${message}\n` })),
    });
    const lost = { conflicts: 0, unfinished: 2 };
    const exported = { runs: 0, logs: 0, artifacts: 0, approvals: 0 };
    const reviewed = (lines: readonly string[], leftBehind: object) =>
      reviewOf(previewOf([toFiles], printed(lines)), { ...noPlan, leftBehind });

    it.each(["hold", "release"] as const)(
      "says once what the plan counts as well: heldRuns %s",
      (heldRuns) => {
        const lines = foreseenInWords(found, "/state", { fence, heldRuns });
        const { verdict, body } = reviewed(lines, lost);

        expect(lines).toHaveLength(2);
        expect(verdict).not.toContain("warning");
        expect(body).not.toContain("#### Warnings");
      },
    );

    it("hides nothing where the plan reached MongoDB and the preview did not", () => {
      const lines = foreseenInWords(found, "/state", { fence, heldRuns: "hold" });
      const { verdict, body } = reviewed(lines, { ...lost, unfinished: 0, exported });

      expect(verdict).toBe("⚠️ **Look first:** 2 warnings");
      expect(body).toContain("nothing would be exported");
      expect(body).toContain("2 runs would be set aside in /state/held: a, b.");
    });

    it("hides no other warning", () => {
      const { verdict } = reviewed(["warning: a file is in the way"], lost);

      expect(verdict).toContain("1 warning");
    });

    it.each([
      "warning: `pulumi up` will stop here. Database d is not the one of the fence.",
      "warning: It runs MongoDB 5.0.31, which is too old. `pulumi up` will refuse it.",
    ])("blocks where it says that up stops: %s", (line) => {
      const { level, verdict, body } = reviewed([line], { ...lost, unfinished: 0, exported });

      expect(level).toBe("blocked");
      expect(verdict).toBe(
        "⛔ **Not yet:** up stops before it is done, a warning below says where",
      );
      expect(body).toContain(line.replace("warning: ", ""));
    });
  });

  it("says why it is not known what a way back would leave behind", () => {
    const files = { files: 1, bytes: 1 };
    const state = { runs: files, logs: files, artifacts: files, approvals: files };

    expect(reviewOf(previewOf([toFiles])).verdict).toContain("because no plan was given.");
    expect(reviewOf(previewOf([toFiles]), noPlan).verdict).toContain(
      "because the plan found no state folder where it was made.",
    );
    expect(reviewOf(previewOf([toFiles]), { ...noPlan, state }).verdict).toContain(
      "because the plan is not one of filesystem mode.",
    );
  });

  it("warns of an expiry that begins to delete log entries", () => {
    const retention = {
      type: "~mongo:LogRetention",
      name: "r",
      old: { days: 0 },
      now: { days: 30 },
    };
    expect(reviewOf(previewOf([retention])).verdict).toContain(
      "log entries older than 30 days will be deleted",
    );
  });
});

describe("the environment of a service", () => {
  const variables = (mode: string, text: string) => ({
    values: {
      env: [
        { name: "TZ", value: "UTC" },
        { name: "Worker__Storage__Mode", value: mode },
        { name: "DB_PASSWORD", value: text },
      ],
    },
  });
  const release: RawStep = {
    type: "kubernetes:helm.sh/v3:Release",
    name: "worker",
    parent: "WorkerRollout",
    old: variables("filesystem", "hunter2"),
    now: variables("mongo", "hunter3"),
  };

  it("is a diff of what changes alone, without what has a secret's name", () => {
    const { body } = reviewOf(previewOf([release]));

    expect(body).toContain(
      "```diff\n- Worker__Storage__Mode=filesystem\n+ Worker__Storage__Mode=mongo\n```",
    );
    expect(body).not.toMatch(/hunter|TZ/);
  });
});

describe("a long comment", () => {
  const many = Array.from({ length: 4_000 }, (_none, at): RawStep => {
    return { op: "create", type: "aws:x:Y", name: `thing-${at}`, now: { text: "t".repeat(500) } };
  });
  const messages = Array.from({ length: 50 }, (_none, at) => ({
    severity: "error",
    message: `error: ${at} ${"word ".repeat(3_000)}`,
  }));

  it("counts what it leaves out, and cuts nothing", () => {
    const { body } = reviewOf(previewOf(many, { diagnostics: messages }));
    const { html, tables } = rendered(body);
    const [, more = "0"] = /and ([\d,]+) more changes/.exec(body) ?? [];

    expect(body.length).toBeLessThanOrEqual(longestComment);
    const shown = body.match(/create `aws:x:Y` `thing-\d+`/g) ?? [];
    expect(shown.length + Number(more.replace(",", ""))).toBe(4_000);
    expect(body).toMatch(/and \d+ more errors?/);
    expect(html.filter((raw) => raw.startsWith("<details>"))).toHaveLength(
      html.filter((raw) => raw.startsWith("</details>")).length,
    );
    expect(tables).toHaveLength(1);
  });
});

it("a preview that printed nothing has failed, and the comment says so", () => {
  const { level, body } = review(situationOf(readPreview("\n", redactor([])), undefined, "prod"));

  expect(level).toBe("blocked");
  expect(body).toContain("### `prod`: the preview failed");
  expect(body).toContain("its log says why");
});

describe("a file that is no preview", () => {
  it.each([
    ["words", "error: no stack selected", "is no JSON"],
    ["another JSON", '{ "a": 1 }', "is not what `pulumi preview --json` prints"],
    ["a broken one", '{ "steps": [{ "op": 1 }] }', "steps.0.op"],
  ])("%s is a clear error", (_what, text, message) => {
    expect(() => readPreview(text, redactor([]))).toThrow(ReviewInputError);
    expect(() => readPreview(text, redactor([]))).toThrow(message);
  });
});

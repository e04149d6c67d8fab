import { describe, expect, it } from "vitest";
import {
  longestComment,
  readPreview,
  redactor,
  review,
  ReviewInputError,
  prepareReview,
} from "../../components/review";
import { describeDataIssue } from "../../components/migration";
import { rendered } from "./rendered";
import {
  back,
  created,
  forward,
  matching,
  noPlan,
  plannedChange,
  previewOf,
  reviewOf,
  risksOf,
  toFiles,
  turned,
  type RawStep,
} from "./steps";

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
it("sorts what is created side by side by its name, in whatever order the engine names it", () => {
  const made = (name: string) => created("~mongo:Index", name, { ...index, name });
  const names = ["pack_runs_c", "pack_runs_a", "pack_runs_b"];
  const { body } = reviewOf(previewOf(names.map(made)));

  expect(body.match(/pack_runs_\w(?=`)/g)).toEqual([...names].sort());
});

describe("the verdict", () => {
  it("names an index that is built anew, by the plan", () => {
    const named = { kind: "replace index", collection: "pack_runs", index: index.name };
    const change = plannedChange(named);
    const made = reviewOf(previewOf([changedIndex]), { ...noPlan, changes: [change] });
    expect(made).toMatchObject({ headline: "staging: change: indexes", level: "risks" });
    expect(risksOf(made)).toEqual(matching(/^no warning, /, /^1 index .*anew$/));
  });

  it("says that MongoDB's figures are missing without a plan, if anything depends on them", () => {
    const made = reviewOf(previewOf([changedIndex]));
    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual(matching(/figures of MongoDB .*no plan/));
    const other = { type: "aws:x:Y", name: "thing", old: { a: 1 }, now: { a: 2 } };
    expect(reviewOf(previewOf([other])).level).toBe("clear");
  });

  it("names writers that wait, by the plan, which has looked at the index", () => {
    const change = { kind: "modify index", collection: "pack_runs", index: index.name };
    const words = { title: "modify index pack_runs_tenant in place", reason: "it is sparse" };
    const waits = plannedChange({ ...change, ...words, blocksWrites: true });
    const plan = { ...noPlan, changes: [waits] };
    const { verdict, body } = reviewOf(previewOf([changedIndex]), plan);

    expect(verdict).toContain("writers wait for 1 index build");
    expect(body).toContain(
      "`modify index pack_runs_tenant in place`, because `it is sparse`; writers wait while it runs",
    );
  });

  it("names what is destroyed and replaced, and nothing that stays when it leaves the stack", () => {
    const cluster = { type: "mongodbatlas:index/cluster:Cluster", parent: "MongoCluster" };
    const gone = { ...cluster, name: "gone", op: "delete", old: {} };
    const anew = { ...cluster, name: "anew", old: { region: "A" }, now: { region: "B" } };
    const ours = { ...changedIndex, op: "delete" };
    const steps = [gone, ours, { ...anew, op: "create-replacement" }, { ...anew, op: "replace" }];
    const { verdict, body } = reviewOf(previewOf(steps));

    expect(verdict).toBe(
      "⚠️ **Look into this:** 1 resource destroyed · 1 resource replaced · 1 resource no longer managed",
    );
    expect(body).toContain("**delete** `mongodbatlas:Cluster` `gone`");
    expect(body).toContain("no longer manage `pack_runs_tenant`");
  });

  it("says what is lost if the section `backfill` goes while MongoDB is the source of truth", () => {
    const leaves = {
      ...toFiles,
      op: "delete",
      outputs: { cutoverRecord: { at: "x", unfinishedCount: 0 } },
    };
    const made = reviewOf(previewOf([leaves]));
    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual([
      ...matching(/^the stack does not stop the worker/, /^1 resource no longer/),
      "without `backfill` a rollback exports nothing and holds no run",
    ]);
    expect(made.body).toContain("no longer manage `handover`");
    const onFiles = { ...leaves, old: { ...toFiles.old, direction: "back" } };
    expect(reviewOf(previewOf([onFiles])).verdict).not.toContain("a rollback");
  });

  it("names a change of the cluster, and a protection that is turned off", () => {
    const specs = (instanceSize: string) => [{ regionConfigs: [{ instanceSize }] }];
    const cluster: RawStep = {
      type: "mongodbatlas:index/advancedCluster:AdvancedCluster",
      name: "cluster",
      parent: "MongoCluster",
      old: { replicationSpecs: specs("M30"), terminationProtectionEnabled: true },
      now: { replicationSpecs: specs("M50"), terminationProtectionEnabled: false },
    };
    const made = reviewOf(previewOf([cluster]));

    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual(matching(/^1 protection .*off$/, /^MongoDB itself changes/));
    expect(made.body).toContain("`instanceSize` `M30` → `M50`");
  });

  it("names what the take-over of a cluster changes, and not what it leaves as it is", () => {
    const cluster = {
      type: "mongodbatlas:index/advancedCluster:AdvancedCluster",
      name: "cluster",
      parent: "MongoCluster",
    };
    const live = { pitEnabled: true, mongoDbMajorVersion: "7.0", tags: { team: "runs" } };
    const takeOver = (now: object) =>
      reviewOf(
        previewOf([
          { ...cluster, op: "import", now },
          { ...cluster, old: live, now },
        ]),
      );
    const made = takeOver({ pitEnabled: false, mongoDbMajorVersion: "8.0" });

    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual(matching(/^1 protection .*off$/, /^MongoDB itself changes/));
    expect(made.body).toMatch(
      /change `mongodbatlas:AdvancedCluster` `cluster`: .*`mongoDbMajorVersion` `7.0` → `8.0`/,
    );
    expect(made.body).not.toContain("tags");
    const off = { useEffectiveFields: false };
    const asItIs = takeOver({ pitEnabled: true, mongoDbMajorVersion: "7.0", ...off });
    expect(asItIs.level).toBe("clear");
    expect(asItIs.body).toContain("take over `mongodbatlas:AdvancedCluster` `cluster` |");
  });

  it("shows what a role may do, by collection", () => {
    const role = (...names: string[]) => ({
      actions: names.map((action) => ({
        action,
        resources: [
          { databaseName: "taskrunner", collectionName: "pack_runs" },
          { databaseName: "taskrunner", collectionName: "" },
        ],
      })),
    });
    const { body } = reviewOf(
      previewOf([
        {
          type: "mongodbatlas:index/customDbRole:CustomDbRole",
          name: "migrator",
          parent: "MongoCluster",
          old: role("FIND"),
          now: role("FIND", "INSERT"),
        },
      ]),
    );

    expect(body).toContain(
      "```diff\n- actions.taskrunner.pack_runs: FIND\n+ actions.taskrunner.pack_runs: FIND, INSERT\n" +
        "- actions.taskrunner.*: FIND\n+ actions.taskrunner.*: FIND, INSERT\n```",
    );
  });

  it("does not take the check of a server for a change of it, and does not show it", () => {
    const check = (way: typeof forward | typeof back) =>
      turned("mongo:ServerCheck", "MongoCluster", way);
    const cutover = reviewOf(previewOf([check(forward)]));

    expect(cutover.verdict).not.toContain("MongoDB itself");
    expect(cutover.body).not.toContain("Server");
    const rollback = reviewOf(previewOf([check(back), toFiles]));
    expect(rollback.body).not.toContain("Server");
  });

  it("blocks where the data do, unless the settings go on without", () => {
    const examples = [
      {
        key: { runId: "r|1" },
        documents: [
          { id: "a", at: undefined },
          { id: "b", at: undefined },
        ],
      },
    ];
    const duplicates = { index: "i", collection: "c", keys: 1, documents: 2, examples };
    const issue = { kind: "duplicate keys" as const, ...duplicates };
    const plan = { ...noPlan, issues: [{ ...issue, text: describeDataIssue(issue) }] };
    const made = created("~mongo:Collection", "c", {});
    const stopped = reviewOf(previewOf([made]), { ...plan, blocked: true });

    expect(stopped.level).toBe("blocked");
    expect(stopped.body).toContain('  runId "r|1": a, b\n```');
    expect(reviewOf(previewOf([made]), { ...plan, blocked: false })).toMatchObject({
      level: "risks",
      verdict: "⚠️ **Look into this:** 1 data issue: what they block is left out",
    });
  });

  it("does not say that no document blocks if nobody looked, because a Job will", () => {
    const job = { name: "ledger-claim", more: { job: { image: "i" } } };
    const cutover = previewOf([turned("mongo:LedgerClaim", "PackRunMigration", forward, job)]);

    expect(reviewOf(cutover)).toMatchObject({
      headline: "staging: cut over to MongoDB: you stop the worker",
      level: "risks",
    });
    expect(risksOf(reviewOf(cutover))).toEqual(
      matching(
        /^the stack does not stop the worker/,
        /^unfinished .*not counted$/,
        /^the figures .*no plan/,
      ),
    );
    expect(reviewOf(cutover).body).toContain("| run the migration as a Job |");
    expect(reviewOf(cutover, { ...noPlan, reachable: false }).verdict).toContain(
      "the figures of MongoDB are missing, because the plan did not reach it",
    );
    expect(reviewOf(cutover, noPlan).verdict).not.toContain("figures");
  });

  it("warns of an expiry that begins to delete log entries, and says how many", () => {
    const retention = {
      type: "~mongo:LogRetention",
      name: "r",
      old: { days: 0 },
      now: { days: 30 },
    };
    const verdict = (plan?: object) => reviewOf(previewOf([retention]), plan).verdict;
    expect(verdict()).toMatch(/older than 30 days .*: how many was not counted/);
    const found = (entries: number, isMore: boolean) => ({
      ...noPlan,
      expiring: { entries, isMore },
    });
    expect(verdict(found(1_204, false))).toMatch(/ 30 days .*: 1,204 entries/);
    expect(verdict(found(100_000, true))).toMatch(/ 30 days .*: more than 100,000 entries/);
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

  it("is a diff of only what changes, without what has a secret's name", () => {
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
    const [, more = "0"] = /`thing-\d+`\n\nand ([\d,]+) more$/m.exec(body) ?? [];

    expect(body.length).toBeLessThanOrEqual(longestComment);
    const shown = body.match(/create `aws:x:Y` `thing-\d+`/g) ?? [];
    expect(shown.length + Number(more.replace(",", ""))).toBe(4_000);
    expect(body).toMatch(/```\n\nand \d+ more$/m);
    expect(html.filter((raw) => raw.startsWith("<details>"))).toHaveLength(
      html.filter((raw) => raw.startsWith("</details>")).length,
    );
    expect(tables).toHaveLength(1);
  });
});

it("a preview that printed nothing has failed, and the comment says so", () => {
  const { level, body } = review(
    prepareReview(readPreview("\n", redactor([])), undefined, { stack: "prod" }),
  );

  expect(level).toBe("blocked");
  expect(body).toContain("### `prod`: the preview failed");
  expect(body).toContain("its log says why");
});

describe("a file that is no preview", () => {
  it.each([
    ["words", "error: no stack selected", "is not JSON"],
    ["another JSON", '{ "a": 1 }', "is not what `pulumi preview --json` prints"],
    ["a broken one", '{ "steps": [{ "op": 1 }] }', "steps.0.op"],
  ])("%s is a clear error", (_what, text, message) => {
    expect(() => readPreview(text, redactor([]))).toThrow(ReviewInputError);
    expect(() => readPreview(text, redactor([]))).toThrow(message);
  });
});

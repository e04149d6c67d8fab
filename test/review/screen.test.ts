import { describe, expect, it } from "vitest";
import { rendered } from "./rendered";
import {
  created,
  noPlan,
  plannedChange,
  previewOf,
  reviewOf,
  toFiles,
  type RawStep,
} from "./steps";

/** What is not folded: what a reader sees before a click. */
const shownOf = (body: string) => body.replace(/<details>[^]*?<\/details>/g, "");

describe("what is not folded", () => {
  const index = (name: string) =>
    created("~mongo:Index", name, { name, collection: "pack_runs", key: "a:1" });

  it("counts what is many of a kind, which is named below", () => {
    const names = ["pack_runs_a", "pack_runs_b", "pack_runs_c", "pack_runs_d"];
    const { body } = reviewOf(previewOf(names.map(index)));

    expect(shownOf(body)).toContain("| 1 | Indexes | create 4 indexes |");
    expect(shownOf(body)).not.toContain("pack_runs_a");
    expect(body).toContain("<summary>Indexes: 4</summary>\n\n- create `pack_runs_a`");
  });

  it("counts only by words of ours, whatever the plan's file says", () => {
    const names = ["pack_runs_a", "pack_runs_b", "pack_runs_c"];
    const changes = names.map((name) =>
      plannedChange({
        kind: "@team <img>",
        collection: "pack_runs",
        index: name,
        title: "@team",
      }),
    );
    const { words, html } = rendered(
      shownOf(reviewOf(previewOf(names.map(index)), { ...noPlan, changes }).body),
    );

    expect(words).toContain("create 3 indexes");
    expect(words).not.toContain("@team");
    expect(html.join("")).not.toContain("img");
  });

  it("has thousands of foreign resources as one line, and what is deleted by name", () => {
    const foreign = Array.from({ length: 3_000 }, (_none, at) =>
      created("aws:x:Y", `thing-${at}`, {}, "Else"),
    );
    const gone = { ...created("aws:x:Y", "gone", {}, "Else"), op: "delete", old: {} };
    const shown = shownOf(reviewOf(previewOf([...foreign, gone])).body);

    expect(shown).toContain("**delete** `aws:x:Y` `gone`<br>");
    expect(shown).toContain("delete 1 resource, create 3,000 resources");
    expect(shown.length).toBeLessThan(1_000);
  });

  it("has no step that is only looked at, and no index that the plan has found", () => {
    const now = { direction: "forward" };
    const check = created("~mongo:ServerCheck", "server-check", now, "MongoCluster");
    const plan = { ...noPlan, changes: [] };
    const { body } = reviewOf(previewOf([check, index("pack_runs_a")]), plan);

    expect(rendered(shownOf(body)).tables).toEqual([]);
    expect(body).not.toContain("pack_runs_a");
  });

  it("has no log expiry that is off before and after", () => {
    const retention = (days: number): RawStep => ({
      type: "~mongo:LogRetention",
      name: "log-retention",
      parent: "PackRunMigration",
      old: { direction: "back", days: 0 },
      now: { direction: "forward", days },
    });

    const expires = "delete log entries after ";
    expect(reviewOf(previewOf([retention(0)])).body).not.toContain(expires);
    expect(reviewOf(previewOf([retention(30)])).body).toContain(`${expires}30 days`);
  });

  it("has what blocks it in full, and not the plan", () => {
    const diagnostics = [{ severity: "error", message: "error: no such region" }];
    const { body } = reviewOf(previewOf([toFiles], { diagnostics }));

    expect(shownOf(body)).toContain("no such region");
    expect(rendered(shownOf(body)).tables).toEqual([]);
    expect(body).toMatch(/<summary>[\w, ]+<\/summary>\n\n\|/);
  });

  it("has the inputs that change as one line", () => {
    const env = (mode: string) => ({
      values: { env: [{ name: "Worker__Storage__Mode", value: mode }] },
    });
    const release: RawStep = {
      type: "kubernetes:helm.sh/v3:Release",
      name: "worker",
      parent: "WorkerRollout",
      old: env("filesystem"),
      now: env("mongo"),
    };
    const { body } = reviewOf(previewOf([release]));

    expect(shownOf(body)).not.toContain("```diff");
    expect(body).toMatch(/<summary>[\w ]+: 1<\/summary>\n\n`kubernetes:Release` `worker`\n/);
  });
});

describe("the links", () => {
  const docs = "https://git.example.org/o/r/blob/main/docs";
  const run = "https://git.example.org/o/r/actions/runs/7";
  const linked = (trigger: object, message = "warning: no [live-values]") => {
    const diagnostics = [{ severity: "warning", message }];
    return reviewOf(previewOf([toFiles], { diagnostics }), undefined, [], { trigger }).body;
  };

  it("lead to the run and its approval, with the way back, unless up stops", () => {
    const undo = "Undo: `storageMode: mongo` with the next number in `cutover`, and `pulumi up`";
    const target = ` · ${undo} · Target: files in \`/state\`\n`;
    expect(linked({ run })).toContain(`\n\n[This run](${run})${target}`);
    expect(linked({ run, approval: "now" })).toContain(
      `\nApprove environment \`staging\` in [this run](${run})${target}`,
    );
    const later = "After the merge `up` asks for the approval of environment `staging`";
    expect(linked({ run, approval: "later" })).toContain(
      `\n[This run](${run}) · ${later}${target}`,
    );
    const stop = "warning: `pulumi up` will stop here. No. [stop: rollback-refused]";
    expect(linked({ run, approval: "later" }, stop)).toContain(
      `\n\n[This run](${run}) · Target: files in \`/state\`\n`,
    );
    expect(linked({})).not.toMatch(/This run|Approve|approval/);
  });

  it("lead from each code to its page", () => {
    const page = `[\`live-values\`](${docs}/codes.md#live-values):`;
    expect(linked({ docs })).toContain(`\n\n${page}\n\n`);
    expect(rendered(linked({})).links).toEqual([]);
  });
});

describe("the footer", () => {
  const commit = "5a1c0f3e9d2b4a6788c1e0f5d3b2a19876543210";
  const docs = "https://git.example.org/o/r/blob/main/docs";
  const now = new Date("2026-11-26T22:39:59Z");
  const last = (steps: readonly RawStep[], trigger: object, more: object = {}) =>
    reviewOf(previewOf(steps, more), undefined, [], { now, trigger }).body.split("\n").at(-1);

  it("says of what and when it is, and where to read on", () => {
    expect(last([toFiles], { commit, docs })?.split(" · ")).toEqual([
      "`5a1c0f3e`, 2026-11-26 22:39 UTC",
      expect.stringContaining(`](${docs}/review.md)`),
    ]);
  });

  it("has no way back from what is blocked, and from what changes nothing", () => {
    const diagnostics = [{ severity: "error", message: "error: no" }];
    const blocked = reviewOf(previewOf([toFiles], { diagnostics }));
    for (const { body } of [blocked, reviewOf(previewOf([]))]) expect(body).not.toContain("Undo");
    expect(last([], {})).toMatch(/^2026-11-26 22:39 UTC · [\w ]+$/);
  });

  it("has no link that could be read as anything else", () => {
    for (const odd of ["javascript:alert(1)", "https://h/a)b", "https://u:p@h/a", "//h/a"]) {
      expect(rendered(last([toFiles], { docs: odd }) ?? "").links).toEqual([]);
    }
  });
});

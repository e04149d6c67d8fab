import { describe, expect, it } from "vitest";
import { back, created, noPlan, previewOf, reviewOf, risksOf, turned, type RawStep } from "./steps";

const hosts = "db.example.org:27017";
const claim = (now: object, old?: object, location?: string): RawStep => ({
  op: old ? "update" : "create",
  type: "~mongo:LedgerClaim",
  name: "ledger-claim",
  now: { direction: "forward", ...now },
  ...(old && { old: { direction: "forward", ...old } }),
  outputs: { applied: true, location },
});
const first = [
  claim({ hosts, database: "taskrunner" }),
  created("~mongo:Collection", "pack_runs", { direction: "forward", name: "pack_runs" }),
  created("~taskrunner:ValuesFile", "worker", { direction: "forward" }, "WorkerRollout"),
];
const leftAlone = (...collections: readonly string[]) =>
  collections.map((collection) => ({
    kind: "leave alone",
    collection,
    title: "",
    reason: "",
    blocksWrites: false,
    loses: false,
    commands: [],
  }));

describe("the database of a review", () => {
  it("is named with its host, in the comment and as data", () => {
    const { body, databases } = reviewOf(previewOf(first));

    expect(body).toMatch(/Target: .*MongoDB `db\.example\.org:27017\/taskrunner`/);
    expect(databases).toEqual([{ hosts, database: "taskrunner" }]);
  });

  it("is named without a host that only up knows, and plans of any host are of it", () => {
    const target = { hosts: "new.example.org", database: "taskrunner" };
    const steps = [claim({ database: "taskrunner" }), ...first.slice(1)];
    const { body, databases } = reviewOf(previewOf(steps), { ...noPlan, target });

    expect(body).toMatch(/MongoDB a host known in up, database `taskrunner`/);
    expect(databases).toEqual([{ database: "taskrunner" }]);
    expect(body).not.toContain("figures of MongoDB are missing");
  });

  it.each([
    ["another database", { hosts, database: "payments" }],
    ["another host", { hosts: "db.example.com:27017", database: "taskrunner" }],
  ])("refuses the figures of %s by name", (_what, target) => {
    const issue = {
      kind: "broken documents",
      collection: "pack_runs",
      documents: 1,
      text: "one",
      rules: [],
    };
    const plan = { ...noPlan, target, blocked: true, issues: [issue] };
    const made = reviewOf(previewOf(first), plan);

    const named = `\`${target.hosts}/${target.database}\`, and the preview of \`${hosts}/taskrunner\``;
    expect(made.verdict).toContain(`the plan is of ${named}`);
    expect(made.verdict).not.toContain("data issue");
  });

  it("is named in a rollback, which has no claim", () => {
    const place = { hosts, database: "taskrunner" };
    const pass = turned("taskrunner:BulkPass", "FilesystemBackfill", back, { more: place });
    expect(reviewOf(previewOf([pass])).databases).toEqual([place]);
  });

  it("of one environment among several has its figures", () => {
    const target = { hosts, database: "green" };
    const steps = ["blue", "green"].map((database) => ({
      ...claim({ hosts, database }),
      name: database,
    }));
    const { verdict } = reviewOf(previewOf([...first.slice(1), ...steps]), { ...noPlan, target });
    expect(verdict).not.toContain("the plan is of");
  });

  it("has other collections: a first cutover names them in one line", () => {
    const plan = { ...noPlan, leftAlone: leftAlone("invoices", "a", "b", "c", "d", "e") };
    const { verdict } = reviewOf(previewOf(first), plan);
    expect(risksOf({ verdict })).toContain(
      "the database has 6 collections outside the schema: `invoices`, `a`, `b`, `c`, `d`, and 1 more",
    );
    const later = [claim({ hosts, database: "taskrunner" }, {}), ...first.slice(1)];
    expect(reviewOf(previewOf(later), plan).verdict).not.toContain("invoices");
  });
});

describe("another database of a stack on MongoDB", () => {
  const used = `${hosts}/taskrunner/ledger`;
  const moved = [
    claim({ hosts, database: "other" }, { database: "taskrunner" }, used),
    ...["a", "b"].map((name) => ({
      type: "~mongo:Index",
      name,
      old: { direction: "forward", name, database: "taskrunner" },
      now: { direction: "forward", name, database: "other" },
    })),
  ];
  const sentence = `the database changes from \`${hosts}/taskrunner\` to \`${hosts}/other\`, while services work on MongoDB`;

  it("is one red line where up refuses it, and no difference of each step", () => {
    const message = "warning: It is not a copy. [stop: other-database]\n";
    const diagnostics = [{ message, severity: "info#err" }];
    const { level, verdict, body } = reviewOf(previewOf(moved, { diagnostics }), noPlan);

    expect(level).toBe("blocked");
    expect(verdict).toContain(sentence);
    expect(body).not.toMatch(/database: (taskrunner|other)/);
  });

  it("is something to look into where it was accepted", () => {
    const { level, verdict } = reviewOf(previewOf(moved), noPlan);
    expect(level).toBe("risks");
    expect(risksOf({ verdict })).toContain(sentence);
  });

  it("is none for services on files, and a rotated password is none", () => {
    const after = { ...claim({ hosts, database: "other" }, { direction: "back" }, used) };
    expect(reviewOf(previewOf([after]), noPlan).verdict).not.toContain("the database changes");
    const same = claim({ hosts, database: "taskrunner" }, {}, used);
    expect(reviewOf(previewOf([same]), noPlan).verdict).not.toContain("the database changes");
  });
});

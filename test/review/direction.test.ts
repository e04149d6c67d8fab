import { formatPrinted } from "../../components/text";
import { describe, expect, it } from "vitest";
import { describeRollbackPreview } from "../../components/transfer/describe/rollback";
import {
  back,
  created,
  forward,
  matching,
  noPlan,
  previewOf,
  reviewOf,
  risksOf,
  toFiles,
  turned,
} from "./steps";

describe("the direction of a preview", () => {
  it("is that of the steps that change direction, and a skipped step does not count", () => {
    const of = (type: string) => (from: string, to: string) => turned(type, "X", [from, to]);
    const handover = of("taskrunner:Handover");
    const second = of("taskrunner:FinalPass");
    const headlines = [
      [handover("back", "forward"), second("back", "skip")],
      [second("skip", "forward")],
      [handover("forward", "back"), second("forward", "skip")],
      [second("skip", "back")],
      [second("forward", "skip")],
    ].map((steps) => reviewOf(previewOf(steps)).headline.split(": ")[1]);

    expect(headlines).toEqual([
      "cut over to MongoDB",
      "cut over to MongoDB",
      "roll back to files",
      "roll back to files",
      "change",
    ]);
  });
});

it("is no cutover where the stack takes over services on MongoDB, as after a destroy", () => {
  const first = (name: string, parent: string) =>
    created(`~taskrunner:${name}`, name, { direction: "forward" }, parent);
  const steps = [
    first("BulkPass", "FilesystemBackfill"),
    first("ValuesFile", "WorkerRollout"),
    created("~kubernetes:WorkerStopped", "drain", { direction: "forward" }, "WorkerDrain"),
    first("Handover", "Handover"),
  ];
  const message =
    "The services work on MongoDB since 2026-11-25: this stack takes them over. [taken-over]";
  const made = reviewOf(previewOf(steps, { diagnostics: [{ severity: "info", message }] }));

  expect(made.headline).toMatch(/takes over services on MongoDB/);
  expect(made.verdict).not.toMatch(/worker|unfinished/);
  expect(made.body).not.toMatch(/cut over|import |you stop/);
  expect(reviewOf(previewOf(steps)).headline).toContain("cut over");
});

it("says what each handover does in its direction", () => {
  const names = ["Handover", "FinalPass"];
  const bodyOf = (way: typeof forward | typeof back) =>
    reviewOf(
      previewOf(
        names.map((name) => turned(`taskrunner:${name}`, name, way, { name, root: "/state" })),
      ),
    ).body;

  expect(bodyOf(forward)).toMatch(/no worker runs \| import [^]* MongoDB \| import what web wrote/);
  expect(bodyOf(back)).toMatch(/no worker runs \| export [^]* files \| export what web wrote/);
});

it("shows that Jobs of the other direction are deleted before anything else", () => {
  const stopped = turned("kubernetes:JobsStopped", "Update", back, { name: "jobs-stopped" });
  const { body } = reviewOf(previewOf([toFiles, stopped]));

  expect(body).toContain("| 1 | both services use MongoDB | end the Jobs of the other direction |");
});

/** What a rollback without MongoDB would do. */
const foreseen = (unfinishedCount: number) => {
  const held = { count: unfinishedCount, cases: [] };
  const found = { unreachable: "No connection string is configured.", held };
  return describeRollbackPreview(found, "/state", "2026-11-25T21:16:30.502Z");
};

/** Of a rollback that the tests give no service. */
const unwatched = /^the stack does not stop the worker/;

describe("the verdict on a rollback", () => {
  it("says what a rollback would leave behind", () => {
    const leftBehind = { conflicts: 2, unfinished: 0 };
    const exported = { runs: 3, logs: 0, artifacts: 0, approvals: 1 };
    const reached = { ...noPlan, leftBehind: { ...leftBehind, exported } };
    const made = reviewOf(previewOf([toFiles]), reached);
    expect(made).toMatchObject({
      headline: "staging: roll back to files: you stop the worker",
      level: "risks",
    });
    expect(risksOf(made)).toEqual([
      ...matching(unwatched),
      "2 records changed on both sides stay behind",
    ]);
    const lost = { ...noPlan, reachable: false, findings: foreseen(1_204) };
    const { verdict, body } = reviewOf(previewOf([toFiles]), lost);
    expect(verdict).toContain("1,204 unfinished runs held");
    expect(body).toContain("hold 1,204 unfinished runs |");
    const answering = { ...noPlan, leftBehind: { conflicts: 0, unfinished: 3, exported } };
    expect(reviewOf(previewOf([toFiles]), answering).verdict).toContain("3 unfinished runs resume");
  });

  describe("that the preview warns of", () => {
    const printed = (lines: readonly string[]) => ({
      diagnostics: lines.map((message) => ({ severity: "info", message: `${message}\n` })),
    });
    const lost = { findings: foreseen(2) };
    const exported = { runs: 0, logs: 0, artifacts: 0, approvals: 0 };
    const reached = { leftBehind: { conflicts: 0, unfinished: 0, exported } };
    const reviewed = (lines: readonly string[], plan: object) =>
      reviewOf(previewOf([toFiles], printed(lines)), { ...noPlan, ...plan });

    it("says once what the plan counts too", () => {
      const lines = foreseen(2).map(formatPrinted);
      const { verdict, body } = reviewed(lines, lost);

      expect(lines).toHaveLength(2);
      expect(verdict).not.toContain("warning");
      expect(body).not.toContain("#### Warnings");
    });

    it("hides nothing if the plan reached MongoDB and the preview did not", () => {
      const lines = foreseen(2).map(formatPrinted);
      const made = reviewed(lines, reached);

      expect(made.level).toBe("risks");
      expect(risksOf(made)).toEqual(matching(unwatched, /^2 warnings$/));
      expect(made.body).toContain("[would-not-export]");
      expect(made.body).toMatch(/\/state\/held.* 2 runs [^]*\[would-hold\]/);
    });

    it("hides no other warning", () => {
      const { verdict } = reviewed(["warning: a file is in the way"], lost);

      expect(verdict).toContain("1 warning");
    });

    it.each([
      "warning: `pulumi up` will stop here. Database d is another one. [stop: other-database]",
      "warning: It runs MongoDB 5.0.31, which is too old. [stop: server-version]",
    ])("blocks where it says that up stops: %s", (line) => {
      const made = reviewed([line], reached);

      expect(made.level).toBe("blocked");
      expect(risksOf(made)).toEqual(matching(/^up stops/));
      expect(made.body).toContain(line.replace("warning: ", ""));
    });
  });

  it("holds nothing in an election, in which the plan takes MongoDB for lost and up stops", () => {
    const message =
      "warning: `pulumi up` will stop here. MongoDB has no primary. [stop: rollback-refused]\n";
    const printed = { diagnostics: [{ severity: "info", message }] };
    const lost = { ...noPlan, reachable: false, findings: foreseen(42) };
    const made = reviewOf(previewOf([toFiles], printed), lost);

    expect(made.headline).not.toMatch(/unreachable|42/);
    expect(made.level).toBe("blocked");
    expect(risksOf(made)).toEqual(matching(/^up stops/));
    expect(made.body).not.toContain("held");
  });

  it("hides no loss of MongoDB behind a stop that is about something else", () => {
    const message =
      "warning: `pulumi up` will stop here. worker is in mongo mode. [stop: mode-changed]\n";
    const printed = { diagnostics: [{ severity: "info", message }] };
    const lost = { ...noPlan, reachable: false, findings: foreseen(42) };

    expect(reviewOf(previewOf([toFiles], printed), lost).body).toMatch(/unreachable[^]*42/);
  });

  it("says why it is not known what a rollback would leave behind", () => {
    const files = { files: 1, bytes: 1 };
    const state = { root: "/state", runs: files, logs: files, artifacts: files, approvals: files };

    expect(reviewOf(previewOf([toFiles])).verdict).toMatch(/figures of MongoDB .*no plan/);
    for (const plan of [noPlan, { ...noPlan, state }]) {
      expect(reviewOf(previewOf([toFiles]), plan).verdict).toContain(
        "because the plan is not one of filesystem mode beside the state directory",
      );
    }
  });
});

describe("the gate before the drain", () => {
  const stays = ["forward", "forward"] as const;
  const check = (gate: string) =>
    turned("kubernetes:ServicesCheck", "Update", stays, { more: { gate, cutover: 2 } });
  const cutover = turned("taskrunner:Cutover", "Update", forward);
  const bulk = turned("taskrunner:BulkPass", "FilesystemBackfill", forward);
  const seen = { isOnMongo: false, template: "0a1b", initContainers: ["wait-for-db"] };
  const web = { namespace: "apps", release: "web", environment: [], seen };
  const canary = turned("kubernetes:Canary", "Canary", forward, { more: web });
  const firstVerification = turned("taskrunner:FirstVerification", "FirstVerification", forward);
  const isNew = (name: string, parent: string) =>
    created(`~${name}`, name, { direction: "back" }, parent);

  it("that is closed says what it prepares, that it stops no service, and no more than what runs", () => {
    const behind = [
      isNew("kubernetes:Drain", "WorkerDrain"),
      isNew("taskrunner:Handover", "Handover"),
      isNew("taskrunner:Verification", "Verification"),
    ];
    const found = reviewOf(
      previewOf([check("closed"), cutover, bulk, canary, firstVerification, ...behind]),
      noPlan,
    );
    expect(found.headline).toMatch(/: prepares cutover 2; stops no service$/);
    expect(found.body).toMatch(
      /import the runs<br>start one pod of web .*init containers `\["wait-for-db"\]`<br>verify what was imported \|/,
    );
    expect(found.body).not.toContain("0a1b");
    expect(found.verdict).not.toMatch(/stops until|drain|work on MongoDB|wait meanwhile/);
    expect(found.body).not.toMatch(/no worker runs|verify every record/);
    const again = reviewOf(previewOf([check("closed")]), noPlan);
    expect(again.headline).toMatch(/: prepares cutover 2; stops no service$/);
    expect(again.level).toBe("clear");
  });

  it("that opens leads with the stop", () => {
    const drain = turned("kubernetes:Drain", "WorkerDrain", forward);
    const again = turned("taskrunner:BulkPass", "FilesystemBackfill", stays);
    const { headline, verdict } = reviewOf(previewOf([check("open"), again, drain]));
    expect(headline).toMatch(/cut over to MongoDB \(cutover 2\): the worker stops$/);
    expect(verdict).toMatch(/You decide:\*\* the worker stops until it works on MongoDB/);
  });
});

import { describe, expect, it } from "vitest";
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
  turned,
  type RawStep,
} from "./steps";

const values = (mode: string, more: object = {}) => ({
  values: { env: [{ name: "Worker__Storage__Mode", value: mode }], ...more },
});
const release = (service: string, old?: object, now?: object, op = "update"): RawStep => ({
  type: "kubernetes:helm.sh/v3:Release",
  parent: service === "web" ? "WebRollout" : "WorkerRollout",
  name: service,
  op,
  ...(old && { old }),
  ...(now && { now }),
});
/** A change of the mode of two releases, with a drain. */
const turn = (way: typeof forward | typeof back): RawStep[] => {
  const [from, to] = way.map((mode) => values(mode));
  return [
    turned("kubernetes:Drain", "WorkerDrain", way, { name: "drain" }),
    release("worker", from, to),
    turned("kubernetes:PodsReplaced", "WorkerRollout", way),
    release("web", from, to),
    turned("kubernetes:PodsReplaced", "WebRollout", way),
  ];
};
const cutover = turn(forward);
const rollback = turn(back);

describe("a change of the storage mode", () => {
  const files = { files: 132, bytes: 1 };
  const state = { root: "/state", runs: files, logs: files, artifacts: files, approvals: files };

  it("is never without a cost, and without anomalies not amber: it says what stops and what waits", () => {
    const plan = { ...noPlan, state: { ...state, unfinished: 42 } };

    const made = reviewOf(previewOf(cutover), plan);
    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual(
      matching(
        /^no warning, /,
        /^the worker stops .*MongoDB\. .*not measured/,
        /^42 unfinished runs wait/,
      ),
    );
    expect(made.verdict).toMatch(/^✅ \*\*Nothing to look into:.* · \*\*You decide:/);
    expect(made.headline).toBe("staging: cut over to MongoDB: the worker stops, web stays up");
    expect(reviewOf(previewOf(rollback)).verdict).toMatch(/the worker stops [^·]*files/);
  });

  it("counts the runs that wait: none is no risk, and an unknown number is one", () => {
    const verdict = (unfinished?: number) =>
      reviewOf(previewOf(cutover), { ...noPlan, state: { ...state, unfinished } }).verdict;

    expect(verdict(1)).toContain("1 unfinished run");
    expect(verdict(0)).not.toContain("unfinished");
    expect(verdict()).toMatch(/unfinished runs [^·]*not counted/);
  });

  it("is blocked by a run that cannot be read, which is named; a rollback is not", () => {
    const unreadable = ["state/runs/cut.json"];
    const plan = { ...noPlan, state: { ...state, unfinished: 42, unreadable } };
    const made = reviewOf(previewOf(cutover), plan);

    expect(made.level).toBe("blocked");
    expect(made.verdict).toMatch(/⛔ .*1 run cannot be read/);
    expect(made.body).toContain("state/runs/cut.json");
    expect(reviewOf(previewOf(rollback), plan)).not.toMatchObject({ level: "blocked" });
  });

  it("names a migration that is a Job, and only then", () => {
    const now = { direction: "forward", job: { image: "x" } };
    const job = created("~mongo:LedgerClaim", "ledger", now);

    expect(reviewOf(previewOf([...cutover, job])).body).toContain("the migration as a Job");
    expect(reviewOf(previewOf(cutover)).body).not.toContain("as a Job");
  });

  it("names the cluster whose worker stops, as the preview reached it", () => {
    const clusterIdentity = { server: "https://10.0.0.1:6443", uids: {} };
    const inputs = { release: "worker", namespace: "apps", context: "prod", clusterIdentity };
    const [drain, ...others] = cutover;
    const named = { ...drain, now: { ...drain?.now, ...inputs } } as RawStep;
    expect(reviewOf(previewOf([named, ...others])).body).toContain(
      "Target: namespace `apps`, cluster `prod`, at `https://10.0.0.1:6443`",
    );
  });

  it("says how long the worker was stopped in the stack's last change of mode", () => {
    const stack = {
      op: "same",
      urn: "urn:pulumi:prod::p::pulumi:pulumi:Stack::p-prod",
      oldState: { outputs: { rollout: { worker: {}, web: {}, stoppedSeconds: 254 } } },
    };
    const { steps, ...rest } = JSON.parse(previewOf(cutover)) as { steps: object[] };
    const preview = JSON.stringify({ ...rest, steps: [stack, ...steps] });

    const { headline, verdict } = reviewOf(preview);
    expect(headline).toContain("the worker stops for about 4 min 14 s");
    expect(verdict).toContain("about 4 min 14 s, as the last time");
  });

  it("looks into a release that changes more than the mode", () => {
    const drain = turned("kubernetes:Drain", "WorkerDrain", forward, { name: "drain" });
    const more = release("worker", values("a"), values("b", { image: { tag: "2" } }));
    const verdict = (steps: readonly RawStep[]) => reviewOf(previewOf(steps)).verdict;

    expect(verdict([drain, more])).toMatch(/⚠️ .*1 release .*more than the storage variables/);
    expect(verdict(cutover)).not.toContain("more than");
  });

  it("says that nothing drains the worker if nothing does", () => {
    const file = { type: "~taskrunner:ValuesFile", parent: "WorkerRollout", name: "worker-values" };
    const edited = {
      ...file,
      old: { direction: "back" },
      now: { direction: "forward", mode: "m" },
    };

    const stop = (stoppedFor?: number) => {
      const now = { direction: "forward", cutover: 3, stoppedFor };
      return created("~taskrunner:WorkerStopped", "stop", now, "WorkerDrain");
    };
    const verdict = (...more: RawStep[]) => reviewOf(previewOf([edited, ...more])).verdict;

    expect(verdict()).toMatch(/the stack does not stop the worker\. Stop it yourself before `up`/);
    expect(verdict(stop())).toContain("`up` waits until `rollout.workerStopped: 3` is set");
    expect(verdict(stop(2))).toContain("`up` waits until `rollout.workerStopped: 3` is set");
    expect(verdict(stop(3))).toMatch(/Make sure that it is stopped, as .*: `up` does not wait/);
  });

  it("says who stops the worker by what is due, also after a run that did not come to its end", () => {
    const again = (type: string) => {
      const state = { direction: "forward", cutover: 3 };
      const outputs = { applied: false };
      return {
        type: `~${type}`,
        parent: "WorkerDrain",
        name: "again",
        old: state,
        outputs,
        now: state,
      };
    };
    const handover = turned("taskrunner:Handover", "Handover", forward, { name: "handover" });
    const made = (...steps: RawStep[]) => reviewOf(previewOf([handover, ...steps]));

    expect(made(again("kubernetes:Drain")).headline).toContain("the worker stops");
    const waiting = made(again("taskrunner:WorkerStopped")).verdict;
    expect(waiting).toContain("`up` waits until `rollout.workerStopped: 3` is set");
  });

  it("does not say who stops the worker if the preview would stop before the step that does", () => {
    const handover = turned("taskrunner:Handover", "Handover", forward, { name: "handover" });
    const message = "warning: Database d is another one. [stop: other-database]\n";
    const printed = { diagnostics: [{ severity: "info", message }] };
    const { headline, verdict } = reviewOf(previewOf([handover], printed));

    expect(verdict).toMatch(/up stops/);
    expect(headline + verdict).not.toMatch(/stops? the worker/);
  });
});

describe("a change without a change of the mode", () => {
  const image = (tag: string) => values("mongo", { image: { tag } });

  it("names the services that restart, and a release that changes more than our variables", () => {
    const steps = [release("worker", image("1"), image("2"))];
    const made = reviewOf(previewOf(steps));
    expect(made.level).toBe("risks");
    const more = /^1 release .*more than/;
    expect(risksOf(made)).toEqual([
      ...matching(/^no warning/),
      "worker restarts",
      ...matching(more),
    ]);
    expect(made.verdict).toMatch(/^✅ .*You decide:\*\* worker restarts · 1 release/);
    const both = [...steps, release("web", values("mongo"), values("mongo", { a: 1 }), "import")];
    expect(reviewOf(previewOf(both)).verdict).toContain("worker and web restart");
    const ours = [release("worker", values("a"), values("b"))];
    expect(reviewOf(previewOf(ours)).verdict).not.toContain("more than");
  });

  it("counts a release whose live values are others, once, and shows which", () => {
    const step = release("worker", image("1"), image("2"));
    const [{ urn = "" } = {}] = (JSON.parse(previewOf([step])) as { steps: { urn?: string }[] })
      .steps;
    const message =
      "The live release taskrunner-worker has other values than pulumi up would apply:\n  image.tag [live-values]";
    const diagnostics = [{ severity: "warning", urn, message }];
    const { verdict, body } = reviewOf(previewOf([step], { diagnostics }));

    expect(verdict).toContain("1 release would change more");
    expect(verdict).not.toContain("1 warning");
    expect(body).toContain("image.tag");
  });

  it("is without risk only if no service restarts", () => {
    const pods = { timeoutSeconds: 60 };
    const waits: RawStep = {
      type: "~kubernetes:PodsReplaced",
      name: "worker-pods",
      parent: "WorkerRollout",
      old: pods,
      now: { timeoutSeconds: 90 },
    };
    expect(reviewOf(previewOf([waits]))).toMatchObject({
      level: "clear",
      verdict:
        "✅ **No risk found:** no service restarts, nothing expires, nothing waits, nothing is destroyed or replaced",
    });
  });

  it("is never without risk if a drain is replaced, or a service stays behind a step left out", () => {
    const drain = turned("kubernetes:Drain", "WorkerDrain", ["forward", "forward"]);
    const replaced = ["create-replacement", "replace", "delete-replaced"];
    const made = reviewOf(previewOf(replaced.map((op) => ({ ...drain, op }))));
    expect(made.level).toBe("risks");
    expect(risksOf(made)).toEqual(matching(/^1 resource replaced/));

    const message = "warning: the service web stays in filesystem mode [service-stays]";
    const diagnostics = [{ severity: "warning", message }];
    expect(reviewOf(previewOf([], { diagnostics })).level).toBe("risks");
  });

  it("is never without risk if a mode in a release or a values file is not the last one", () => {
    const shown = release("worker", values("filesystem"), values("mongo"));
    expect(reviewOf(previewOf([shown])).level).toBe("risks");
    const file: RawStep = {
      type: "~taskrunner:ValuesFile",
      name: "worker",
      parent: "WorkerRollout",
      old: { direction: "forward" },
      now: { direction: "forward" },
    };
    const found = (message: string) => {
      const diagnostics = [{ severity: "info", message: `${message}]` }];
      return reviewOf(previewOf([file], { diagnostics })).level;
    };
    expect(found("warning: worker.yaml has worker in filesystem mode [mode-changed")).toBe("risks");
    expect(found("warning: it is in filesystem mode [stop: mode-changed")).toBe("blocked");
    expect(found("warning: they use different stores [modes-differ")).toBe("risks");
    expect(found("worker.yaml is written again [values-written")).toBe("clear");
  });

  it("names a validator that was lost or changed", () => {
    const rules = (required: string) => ({ $jsonSchema: { required: [required] } });
    const strict = { validationLevel: "strict", validationAction: "error", validator: rules("a") };
    const collection = (old: object, now: object): RawStep => ({
      type: "~mongo:Collection",
      name: "pack_runs",
      parent: "PackRunMigration",
      old,
      now,
      outputs: { applied: true },
    });
    const verdict = (old: object, now: object) =>
      reviewOf(previewOf([collection(old, now)])).verdict;

    expect(verdict({ ...strict, validator: {} }, strict)).toContain("1 validator lost");
    for (const now of [{ validationAction: "warn" }, { validator: rules("b") }]) {
      expect(verdict(strict, { ...strict, ...now })).toContain(
        "1 validator changed: what MongoDB accepts is different",
      );
    }
  });

  it("says over how many documents an index is built", () => {
    const name = "pack_runs_x";
    const index = created("~mongo:Index", name, { name, collection: "pack_runs", key: "x:1" });
    const change = plannedChange({ kind: "create index", collection: "pack_runs", index: name });
    const plan = (documents: number) => ({
      ...noPlan,
      changes: [change],
      documents: { pack_runs: documents },
    });

    expect(reviewOf(previewOf([index]), plan(14_262)).verdict).toMatch(
      /1 index .*14,262 documents/,
    );
    expect(reviewOf(previewOf([index]), plan(4_999)).level).toBe("clear");
  });
});

import { loadYaml } from "@kubernetes/client-node";
import { assert, describe, expect, it } from "vitest";
import type { Controller } from "../../../components/kubernetes";
import type { DrainInputs } from "../../../components/rollout";
import { decideDrain, type DrainState } from "../../../components/rollout/pods/decision";
import type { Direction, StorageMode } from "../../../components/settings";

/** The worker's Deployment, with the mark of a drain if replicas before it are given. */
function worker(mode: StorageMode, replicas: number, before?: number): Controller {
  const mark = "taskrunner.stellaops.io/replicas-before-drain";
  const annotations: Record<string, string> =
    before === undefined ? {} : { [mark]: String(before) };
  const containers = [{ name: "main", env: [{ name: "Worker__Storage__Mode", value: mode }] }];
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "worker", annotations },
    spec: { selector: {}, replicas, template: { spec: { containers } } },
  };
  return loadYaml<Controller>(JSON.stringify(object));
}

const last = (direction: Direction) => ({
  direction,
  stoppedAt: "2026-11-25T10:00:00.000Z",
  address: { namespace: "apps" },
  executors: { variable: "", labels: "", images: [], claims: [], owners: [] },
  workloads: {},
});

const onFiles = last("back");
const onMongo = last("forward");

const stoppedAt = "2026-11-25T11:00:00.000Z";
const requestedAt = "2026-11-25T12:00:00.000Z";
const now = "2026-11-25T13:00:00.000Z";

/** The decision on a service whose last request is the one that the last run saw, unless that had another. */
function decide(
  direction: Direction,
  live: readonly Controller[],
  lastRun: Partial<DrainState> | undefined = {},
  asked: Partial<DrainInputs> = {},
) {
  const where = { namespace: "apps", service: "worker", timeoutSeconds: 15 } as const;
  const inputs = { ...where, direction, requests: 1, requestedAt, ...asked };
  const state = { ...where, direction, requests: 1, stoppedAt, applied: true, ...lastRun };
  return decideDrain(inputs, state, live, now);
}

describe("what a drain has to do", () => {
  it.each([
    [
      "the first drain failed before it scaled",
      undefined,
      true,
      worker("filesystem", 2),
      "drain",
      "undo",
    ],
    ["a later one did", onFiles, true, worker("filesystem", 2), "drain", "undo"],
    [
      "the first drain was killed in it",
      undefined,
      true,
      worker("filesystem", 0, 2),
      "drain",
      "undo",
    ],
    ["the worker is drained", onMongo, false, worker("filesystem", 0, 2), "skip", "drain"],
    ["its drain back failed", onMongo, true, worker("filesystem", 0, 2), "undo", "drain"],
    [
      "the cutover is recorded and the rollout failed",
      onMongo,
      false,
      worker("mongo", 0, 2),
      "skip",
      "drain",
    ],
    ["the worker arrived", onMongo, false, worker("mongo", 2), "skip", "drain"],
    [
      "it was taken back by hand, and has the mark",
      onMongo,
      false,
      worker("filesystem", 2, 2),
      "refuse",
      "drain",
    ],
    [
      "it was taken back by hand, without a mark",
      onMongo,
      false,
      worker("filesystem", 2),
      "refuse",
      "drain",
    ],
    ["it was taken back and is idle", onMongo, false, worker("filesystem", 0), "refuse", "drain"],
    [
      "it was taken to MongoDB after a rollback",
      onFiles,
      false,
      worker("mongo", 2),
      "drain",
      "refuse",
    ],
    ["the state is lost, on files", undefined, false, worker("filesystem", 2), "drain", "skip"],
    ["the state is lost, on MongoDB", undefined, false, worker("mongo", 2), "skip", "drain"],
  ] as const)("%s", (_, drained, isUnfinished, live, inMongo, inFilesystem) => {
    const choose = (direction: Direction) =>
      decide(direction, [live], {
        ...(drained && { drainSnapshot: drained }),
        applied: !isUnfinished,
      }).action;
    expect([choose("forward"), choose("back")]).toEqual([inMongo, inFilesystem]);
  });

  it("a cutover without a worker is refused by the drain; a stack on files needs none", () => {
    const choose = (direction: Direction) => decide(direction, []).action;
    expect([choose("forward"), choose("back")]).toEqual(["drain", "skip"]);
  });
});

describe("the stop of a worker", () => {
  const live = [worker("filesystem", 2)];

  it.each([
    ["with the request of a drain that was killed", { requests: 0 }, {}, requestedAt],
    ["where a drain that failed began, which goes on", { applied: false }, {}, stoppedAt],
    ["now, at another address", { drainSnapshot: onMongo }, { namespace: "other" }, now],
    ["now, if the worker was scaled up in a stack that did not drain it", {}, {}, now],
  ] as const)("begins %s", (_, lastRun, asked, begins) => {
    expect(decide("forward", live, lastRun, asked)).toMatchObject({
      action: "drain",
      stoppedAt: begins,
    });
  });

  it("begins with the request of the first drain", () => {
    const inputs = { namespace: "apps", service: "worker", timeoutSeconds: 15 } as const;
    const first = { ...inputs, direction: "forward", requests: 0, requestedAt } as const;
    expect(decideDrain(first, undefined, live, now)).toMatchObject({ stoppedAt: requestedAt });
  });

  it("is the last one, if there is nothing to drain", () => {
    expect(decide("back", live)).toEqual({ action: "skip", last: undefined, stoppedAt });
  });

  it("is abandoned by a request back, also if the engine was killed in the first drain", () => {
    const inputs = { namespace: "apps", service: "worker", timeoutSeconds: 15 } as const;
    const back = { ...inputs, direction: "back", requests: 1, requestedAt } as const;
    expect(decideDrain(back, undefined, live, now)).toMatchObject({ action: "undo" });
  });
});

it("the refusal of a changed worker names it, and the way to files", () => {
  const live = [worker("filesystem", 2), worker("filesystem", 0, 2)];
  const decision = decide("forward", live, { drainSnapshot: onMongo });
  assert(decision.action === "refuse");
  // The one that is drained is not named.
  expect(decision.reason).toMatch(
    /^Deployment worker is in filesystem mode \(replicas: 2\), but this stack left it in mongo/,
  );
  expect(decision.reason).toContain("set storageMode: filesystem");
});

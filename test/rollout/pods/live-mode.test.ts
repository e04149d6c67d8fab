import { loadYaml } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import type { Controller } from "../../../components/kubernetes";
import { chooseDrain, describeChanged } from "../../../components/rollout/pods/live-mode";
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
    ["the worker is drained", onMongo, false, worker("filesystem", 0, 2), "nothing", "drain"],
    ["its drain back failed", onMongo, true, worker("filesystem", 0, 2), "undo", "drain"],
    [
      "the fence is drawn and the rollout failed",
      onMongo,
      false,
      worker("mongo", 0, 2),
      "nothing",
      "drain",
    ],
    ["the worker arrived", onMongo, false, worker("mongo", 2), "nothing", "drain"],
    [
      "it was taken back by hand, and has the mark",
      onMongo,
      false,
      worker("filesystem", 2, 2),
      "changed",
      "drain",
    ],
    [
      "it was taken back by hand, without a mark",
      onMongo,
      false,
      worker("filesystem", 2),
      "changed",
      "drain",
    ],
    ["it was taken back and is idle", onMongo, false, worker("filesystem", 0), "changed", "drain"],
    [
      "it was taken to MongoDB after a rollback",
      onFiles,
      false,
      worker("mongo", 2),
      "drain",
      "changed",
    ],
    ["the state is lost, on files", undefined, false, worker("filesystem", 2), "drain", "nothing"],
    ["the state is lost, on MongoDB", undefined, false, worker("mongo", 2), "nothing", "drain"],
  ] as const)("%s", (_, drained, isUnfinished, live, inMongo, inFilesystem) => {
    const choose = (direction: Direction) =>
      chooseDrain({ service: "worker", direction }, [live], { last: drained, isUnfinished });
    expect([choose("forward"), choose("back")]).toEqual([inMongo, inFilesystem]);
  });

  it("a cutover without a worker is refused by the drain; a stack on files needs none", () => {
    const choose = (direction: Direction) =>
      chooseDrain({ service: "worker", direction }, [], { last: undefined, isUnfinished: false });
    expect([choose("forward"), choose("back")]).toEqual(["drain", "nothing"]);
  });
});

it("the refusal of a changed worker names it, and the way to files", () => {
  const live = [worker("filesystem", 2), worker("filesystem", 0, 2)];
  const text = describeChanged({ service: "worker", direction: "forward" }, live);
  // The one that is drained is not named.
  expect(text).toMatch(
    /^Deployment worker is in filesystem mode \(replicas: 2\), but this stack left it in mongo/,
  );
  expect(text).toContain("set storageMode: filesystem");
});

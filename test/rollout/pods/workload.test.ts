import {
  loadYaml,
  type V1Deployment,
  type V1Pod,
  type V1ReplicaSet,
} from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { managersOfReplicas } from "../../../components/kubernetes";
import { drainObstacles, findObstacles } from "../../../components/rollout/pods/obstacles";
import { describeMode, workload } from "../../../components/rollout/pods/workload";

const now = new Date("2026-11-25T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();

/** An object as the client makes it of the API's answer. */
const fromJson = (object: object): object => loadYaml<object>(JSON.stringify(object));

const ownedBy = (kind: string, uid: string) => [
  { apiVersion: "apps/v1", kind, name: uid, uid, controller: true },
];

const pod = (status: object = {}, metadata: object = {}): V1Pod =>
  fromJson({
    apiVersion: "v1",
    kind: "Pod",
    status,
    metadata: { name: "a", uid: "a", ownerReferences: ownedBy("ReplicaSet", "new"), ...metadata },
    spec: { containers: [], nodeName: "node-1" },
  });

const container = { name: "main", image: "worker:1", imageID: "", ready: false, restartCount: 0 };

const replicaSet = (uid: string, revision: number, owner = "d", replicas = 1): V1ReplicaSet =>
  fromJson({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      uid,
      name: uid,
      ownerReferences: ownedBy("Deployment", owner),
      annotations: { "deployment.kubernetes.io/revision": String(revision) },
      labels: { "pod-template-hash": uid === "old" ? "1" : uid },
    },
    spec: { replicas },
  });

const deployment = (env: object[] = [], status: object = {}, metadata: object = {}): V1Deployment =>
  fromJson({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "worker", uid: "d", generation: 3, ...metadata },
    spec: { replicas: 1, template: { spec: { containers: [{ name: "main", env }] } } },
    status: { observedGeneration: 3, updatedReplicas: 1, ...status },
  });

describe("what belongs to a Deployment", () => {
  const sets = [replicaSet("new", 10), replicaSet("old", 9), replicaSet("other", 11, "e")];
  const owned = (name: string, kind: string, uid: string, status = {}) =>
    pod(status, { name, ownerReferences: ownedBy(kind, uid) });
  const names = (pods: V1Pod[]) =>
    workload(deployment(), sets, pods).pods.map(({ metadata }) => metadata?.name);

  it("are the pods of its ReplicaSets, of one that is gone, and none that only has its labels", () => {
    const orphan = { name: "orphan", ownerReferences: [], labels: { "pod-template-hash": "1" } };
    const manual = pod({}, { name: "manual", ownerReferences: [] });
    const own = [
      owned("a", "ReplicaSet", "old"),
      owned("b", "ReplicaSet", "gone"),
      pod({}, orphan),
    ];
    const others = [owned("c", "ReplicaSet", "other"), owned("d", "StatefulSet", "s"), manual];
    expect(names([...own, ...others])).toEqual(["a", "b", "orphan"]);
  });

  it("are none that have ended", () => {
    const running = [{ ...container, state: { running: {} } }];
    const ended = (name: string, status: object) => owned(name, "ReplicaSet", "new", status);
    const evicted = ended("evicted", { phase: "Failed" });
    const going = ended("going", { phase: "Failed", containerStatuses: running });
    expect(names([evicted, going])).toEqual(["going"]);
  });

  it("is old but for the ReplicaSet of the highest revision", () => {
    const found = workload(deployment(), sets, [
      owned("young", "ReplicaSet", "new"),
      owned("old", "ReplicaSet", "old"),
    ]);
    const wanted = { service: "worker", direction: "back" } as const;
    const objects = findObstacles(found, wanted).map(({ object }) => object);
    expect(objects).toEqual(["pod young", "old pod old"]);
  });

  it("is counted, whatever the status still says: a pod may just have gone", () => {
    const going = { deletionTimestamp: secondsAgo(1), deletionGracePeriodSeconds: 0 };
    const wanted = { service: "worker", direction: "back" } as const;
    for (const pods of [[], [pod({}, going)]]) {
      const [obstacle] = findObstacles(workload(deployment(), sets, pods), wanted);
      expect(obstacle?.found).toBe("0 of 1 new pods exist");
    }
  });

  it("is not judged before the controllers have seen it", () => {
    const found = workload(deployment([], { observedGeneration: 2 }), sets, []);
    const wanted = { service: "worker", direction: "back" } as const;
    expect(findObstacles(found, wanted)[0]?.found).toMatch(/has not processed its last change/);
  });
});

it.each([
  [
    "a variable",
    { env: [{ name: "Worker__Storage__Mode", value: "filesystem" }] },
    /is filesystem/,
  ],
  ["an argument", { args: ["--Worker:Storage:Mode=mongo"] }, /argument of container main/],
])("a new pod that states another mode by %s blocks the rollout", (_, changes, words) => {
  const template = [{ name: "Worker__Storage__Mode", value: "mongo" }];
  const changed = Object.assign(pod(), { spec: { containers: [{ name: "main", ...changes }] } });
  const found = workload(deployment(template), [replicaSet("new", 10)], [changed]);
  const [first] = findObstacles(found, { service: "worker", direction: "forward" });
  expect(first?.object).toBe("pod a");
  expect(first?.found).toMatch(words);
});

describe("a drain", () => {
  const drained = replicaSet("new", 10, "d", 0);
  const found = (sets: V1ReplicaSet[], pods: V1Pod[], status: object = {}) =>
    drainObstacles(workload(deployment([], status), sets, pods)).map(({ object }) => object);

  it("waits for a pod that is terminating", () => {
    expect(found([drained], [pod({}, { deletionTimestamp: secondsAgo(1) })])).toEqual(["pod a"]);
    expect(found([drained], [])).toEqual([]);
  });

  it("waits for the controllers, which may make another pod", () => {
    const waiting = ["Deployment worker"];
    expect(found([drained], [], { observedGeneration: 2 })).toEqual(waiting);
    expect(found([replicaSet("new", 10)], [])).toEqual(waiting);
  });
});

describe("the mode of a pod template", () => {
  it.each([
    [[], "filesystem"],
    [[{ name: "WORKER__STORAGE__MODE", value: "Mongo" }], "mongo"],
    [[{ name: "TaskRunner__Storage__Mode", value: "mongo" }], "filesystem"],
    [[{ name: "Worker__Storage__Mode", valueFrom: {} }], "a reference"],
    [
      [
        { name: "Worker__Storage__Mode", value: "filesystem" },
        { name: "Worker__Storage__Mode", value: "mongo" },
      ],
      "mongo",
    ],
  ])("of the worker with %o is %s", (env, mode) => {
    expect(describeMode(deployment(env), "worker")).toBe(mode);
  });

  it("of web has a name of its own", () => {
    const env = [{ name: "TaskRunner__Storage__Mode", value: "mongo" }];
    expect(describeMode(deployment(env), "web")).toBe("mongo");
  });
});

it("those who set a Deployment's replicas are named once, without us", () => {
  const sets = (manager: string, fields: object) => ({ manager, fieldsV1: { "f:spec": fields } });
  const managedFields = [
    sets("helm", { "f:replicas": {} }),
    sets("helm", { "f:replicas": {} }),
    sets("kubectl", { "f:template": {} }),
    sets("taskrunner-storage", { "f:replicas": {} }),
  ];
  expect(managersOfReplicas(deployment([], {}, { managedFields }))).toEqual(["helm"]);
});

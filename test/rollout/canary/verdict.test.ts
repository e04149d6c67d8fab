// The client types its objects as classes; they are plain data.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import type * as Api from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import {
  findEnded,
  judge,
  limitOf,
  type ObservedCanary,
} from "../../../components/rollout/canary/verdict";

const env = [{ name: "TaskRunner__Storage__Mode", value: "mongo" }];
const spec = { nodeName: "n", containers: [{ name: "main", env }, { name: "mesh" }] };
const runs = { running: {} };
const ended = (exitCode: number, reason = "Error") => ({ terminated: { exitCode, reason } });
const waits = (reason: string, message = "") => ({ waiting: { reason, message } });

interface Played {
  /** The state of the container with our variables, and of the other one. */
  readonly main?: object;
  readonly mesh?: object;
  readonly meshReady?: boolean;
  readonly init?: object;
  readonly ready?: boolean;
  readonly isPlayed?: boolean;
  readonly status?: object;
}

function podOf({ main = runs, mesh = runs, meshReady = true, ...played }: Played): Api.V1Pod {
  const { init, ready = false, isPlayed = false, status } = played;
  const id = isPlayed ? {} : { containerID: "containerd://1" };
  const initContainers = [{ name: "first" }];
  return {
    spec: { ...spec, ...(init && { initContainers }) },
    status: {
      phase: "Running",
      conditions: [{ type: "ContainersReady", status: ready ? "True" : "False" }],
      ...(init && { initContainerStatuses: [{ name: "first", state: init }] }),
      containerStatuses: [
        { name: "main", ready, state: main, ...id },
        { name: "mesh", ready: meshReady, state: mesh, ...id },
      ],
      ...status,
    },
  } as Api.V1Pod;
}

const observed = (played: Played, changes: Partial<ObservedCanary> = {}): ObservedCanary => ({
  pod: podOf(played),
  events: [],
  log: "",
  seconds: { created: 30, running: 25 },
  limitSeconds: 60,
  isConnected: true,
  ...changes,
});

const late = { seconds: { created: 70, running: 61 } };
const steady = { seconds: { created: 70, running: 61, ready: 10 } };

describe("a canary passes", () => {
  it.each<[string, Played, Partial<ObservedCanary>, string]>([
    ["not while it starts", {}, {}, "wait"],
    [
      "not at once when it is ready",
      { ready: true },
      { seconds: { created: 9, ready: 9 } },
      "wait",
    ],
    ["when it was ready for ten seconds", { ready: true }, steady, "passed"],
    [
      "if the server does not say who is connected",
      { ready: true },
      { ...steady, isConnected: undefined },
      "passed",
    ],
    [
      "after an init container that ended",
      { ready: true, init: ended(0, "Completed") },
      steady,
      "passed",
    ],
    ["not while an image is pulled again", { main: waits("ErrImagePull") }, {}, "wait"],
  ])("%s", (_, played, changes, is) => {
    expect(judge(observed(played, changes)).is).toBe(is);
  });
});

const forbidden = 'secret "taskrunner-mongo" not found';

describe("a canary stops the cutover", () => {
  it.each<[string, Played, Partial<ObservedCanary>, RegExp]>([
    ["if its program ends", { main: ended(134) }, {}, /main ended with exit code 134 \(Error\)/],
    ["if its program ends without an error", { main: ended(0, "Completed") }, {}, /code 0/],
    [
      "if its Secret is missing",
      { main: waits("CreateContainerConfigError", forbidden) },
      {},
      /taskrunner-mongo/,
    ],
    [
      "if its key is missing",
      { main: waits("CreateContainerConfigError", "couldn't find key a in Secret apps/b") },
      {},
      /find key a/,
    ],
    ["if it is not ready in time", {}, late, /not ready after 60 s/],
    [
      "if it was ready for a moment",
      {},
      { seconds: { created: 9, running: 8, ready: 3 } },
      /not for 10 s/,
    ],
    ["if it never connects", { ready: true }, { ...steady, isConnected: false }, /another prefix/],
  ])("%s", (_, played, changes, reason) => {
    expect(judge(observed(played, changes))).toEqual({
      is: "stop",
      reason: expect.stringMatching(reason) as string,
    });
  });
});

const notStarted = { seconds: { created: 61 } };
const failed = (reason: string, message: string) => ({
  status: { phase: "Failed", reason, message, containerStatuses: [] },
});
const unschedulable = {
  status: {
    phase: "Pending",
    containerStatuses: [],
    conditions: [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" },
    ],
  },
};
const mount = {
  type: "Warning",
  reason: "FailedMount",
  message: "no such device",
} as Api.CoreV1Event;

describe("a canary shows nothing", () => {
  it.each<[string, Played, Partial<ObservedCanary>, RegExp]>([
    ["if somebody deleted it", {}, { pod: undefined }, /deleted/],
    ["on a node that runs no containers", { ready: true, isPlayed: true }, {}, /node n names no/],
    ["if it finds no node", unschedulable, notStarted, /Unschedulable, 0\/3 nodes/],
    [
      "if its volumes are not mounted",
      { main: waits("ContainerCreating") },
      { ...notStarted, events: [mount] },
      /FailedMount, no such device/,
    ],
    [
      "if its image is not there",
      { main: waits("ImagePullBackOff", "no such image") },
      {},
      /no such image/,
    ],
    ["if its container cannot be created", { main: waits("CreateContainerError", "x") }, {}, /x$/],
    [
      "if its container has no configuration",
      { main: waits("CreateContainerConfigError", "configmap a") },
      {},
      /configmap a/,
    ],
    ["if its container could not be started", { main: ended(128, "StartError") }, {}, /StartError/],
    ["if its node refuses or evicts it", failed("OutOfcpu", "too much"), {}, /OutOfcpu, too much/],
    [
      "if its program writes to a claim",
      { main: ended(1) },
      { log: "Error: EROFS: read-only" },
      /read-only/,
    ],
    ["if a mesh is late", { main: ended(1), meshReady: false }, {}, /before its container mesh/],
    ["if a mesh is never ready", { meshReady: false }, late, /mesh is not ready/],
    ["if another container ends", { mesh: ended(1) }, {}, /none of the stack's variables/],
    ["if an init container without our variables ends", { init: ended(1) }, {}, /first ended/],
  ])("%s", (_, played, changes, reason) => {
    expect(judge(observed(played, changes))).toEqual({
      is: "unshown",
      reason: expect.stringMatching(reason) as string,
    });
  });
});

it("a program with our variables that ended is named before others", () => {
  expect(findEnded(podOf({ main: ended(1), mesh: ended(1), init: ended(2) }))?.name).toBe("main");
});

it.each([
  [0, 600, 60],
  [30, 600, 90],
  [400, 600, 600],
  [0, 15, 15],
])("of web that took %i s, with a timeout of %i s, it may take %i s", (took, timeout, limit) => {
  expect(limitOf(took, timeout)).toBe(limit);
});

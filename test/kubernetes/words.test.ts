import { loadYaml, type V1Pod } from "@kubernetes/client-node";
import { expect, it, vi } from "vitest";
import {
  ClusterError,
  formatObstacle,
  formatProgress,
  KubeconfigError,
  labelValue,
  podObstacle,
  watch,
} from "../../components/kubernetes";
import { sentences } from "../sentences";

it("a label's value has at most 63 legal characters, and begins and ends with a letter or digit", () => {
  expect(labelValue("prod.eu-1")).toBe("prod.eu-1");
  expect(labelValue("organization/project/stack")).toMatch(/^organization\.project\.stack-/);
  for (const name of [`x${"y".repeat(63)}`, `${"x".repeat(40)}/-${"y".repeat(53)}`, "/a/"]) {
    expect(labelValue(name)).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
  }
});

it("two names have two labels, however alike they are", () => {
  const long = "x".repeat(70);
  const names = ["a/prod.x", "a.prod/x", "a.prod.x", `team-a-${long}`, `team-b-${long}`];
  expect(new Set(names.map(labelValue)).size).toBe(names.length);
});

it("a wait without an end of its own ends if the API stays silent", async () => {
  const location = { context: "c", server: "s", namespace: "n" };
  const silent = new ClusterError({ verb: "get", kind: "Job" }, location, new Error("no answer"));
  let looks = 0;
  const look = () => {
    looks += 1;
    const waiting = [{ object: "job a", found: "runs", advice: "" }];
    return looks === 1 ? Promise.resolve(waiting) : Promise.reject(silent);
  };
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await expect(watch({ location }, "job a", Infinity, look, 2)).rejects.toBe(silent);
  expect(looks).toBeGreaterThan(2);
});

it.each([
  [429, true],
  [500, true],
  [undefined, true],
  [403, false],
  [404, false],
])("an answer with status %s may pass: %s", (code, passes) => {
  const location = { context: "c", namespace: "n", server: "https://c.example.test" };
  const error = new ClusterError({ verb: "get", kind: "Pod" }, location, { code });
  expect(error.isTransient).toBe(passes);
});

it("a request whose time was over had no status, and may pass", () => {
  const location = { context: "c", namespace: "n", server: "https://c.example.test" };
  const cause = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  const error = new ClusterError({ verb: "list", kind: "Pod" }, location, cause);
  expect(error).toMatchObject({ isTransient: true, status: undefined });
  expect(error.message).toMatch(/: The operation was aborted due to timeout/);
});

const now = new Date("2026-11-25T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();

/** What blocks a step as long as a pod is like this. */
function obstacle(status: object, metadata: object = {}) {
  const spec = { containers: [], nodeName: "node-1" };
  const all = { apiVersion: "v1", kind: "Pod", status, metadata: { name: "a", ...metadata }, spec };
  // As the client makes it of the API's answer.
  return podObstacle(loadYaml<V1Pod>(JSON.stringify(all)), now);
}
const blocks = (status: object, metadata?: object) => () =>
  formatObstacle(obstacle(status, metadata));
const container = { name: "main", image: "worker:1", imageID: "", ready: false, restartCount: 0 };
const inState = (state: object) => {
  return { phase: "Running", containerStatuses: [{ ...container, state }] };
};
const terminating = { deletionTimestamp: secondsAgo(-20), deletionGracePeriodSeconds: 30 };
const unscheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable" };
const notPulled = {
  reason: "ErrImagePull",
  message: "pull of https://user:s3cret@registry/x\n failed",
};

it("an error and what blocks a step say what was found and what to do", async () => {
  const server = "https://c.example.test";
  const location = { context: "prod", namespace: "apps", server, kubeconfig: "prod.config" };
  const after = (cause: unknown) => () =>
    new ClusterError({ verb: "list", kind: "Pod" }, location, cause).message;
  const reason = 'there is no context "a" in it, it has "b"';
  const all = await sentences({
    "no answer": after(new Error("ECONNREFUSED")),
    "status 401": after({ code: 401, body: { message: "Unauthorized" } }),
    "status 403": after({ code: 403, body: JSON.stringify({ message: "no pods for you" }) }),
    "status 403 for a pod's log": () =>
      new ClusterError({ verb: "get", kind: "PodLog" }, location, { code: 403 }).message,
    "status 404": after({ code: 404, body: "<html>" }),
    "status 500": after({ code: 500, body: { message: "etcd is full" } }),
    "a kubeconfig without the context": () => new KubeconfigError("kube.config", reason).message,
    "the usual kubeconfig": () => new KubeconfigError(undefined, reason).message,
    "no kubeconfig": () => new KubeconfigError(undefined).message,

    "a pod that is terminating": blocks({}, terminating),
    "one past its grace period": blocks({}, { ...terminating, deletionTimestamp: secondsAgo(45) }),
    "one that something holds": blocks({}, { ...terminating, finalizers: ["example.org/x"] }),
    "a pod that no node takes": blocks({
      conditions: [{ ...unscheduled, message: "Insufficient memory." }],
    }),
    "an image that cannot be pulled": blocks(inState({ waiting: notPulled })),
    "a container to come": blocks(inState({ waiting: { reason: "ContainerCreating" } })),
    "a container that is not ready": blocks(inState({ running: { startedAt: secondsAgo(90) } })),
    "a container that has just ended": blocks(inState({ terminated: { exitCode: 137 } })),
    "a line of progress": () =>
      formatProgress(Array.from("abcdefg", (name) => obstacle({}, { name }))),
  });

  expect(all).not.toContain("s3cret");
  await expect(all).toMatchFileSnapshot("words.txt");
});

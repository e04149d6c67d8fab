import { expect, it, vi } from "vitest";
import { ClusterError, labelValue, watch } from "../../components/kubernetes";
import { KubeconfigError } from "../../components/kubernetes/request";

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
  const place = { context: "c", server: "s", namespace: "n" };
  const silent = new ClusterError({ verb: "get", kind: "Job" }, place, new Error("no answer"));
  let looks = 0;
  const look = () => {
    looks += 1;
    const waiting = [{ object: "job a", found: "runs", advice: "" }];
    return looks === 1 ? Promise.resolve(waiting) : Promise.reject(silent);
  };
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await expect(watch({ place }, "job a", Infinity, look, 2)).rejects.toBe(silent);
  expect(looks).toBeGreaterThan(2);
});

it.each([
  [429, true],
  [500, true],
  [undefined, true],
  [403, false],
  [404, false],
])("an answer with status %s may pass: %s", (code, passes) => {
  const place = { context: "c", namespace: "n", server: "https://c.example.test" };
  const error = new ClusterError({ verb: "get", kind: "Pod" }, place, { code });
  expect(error.isTransient).toBe(passes);
});

it("a request whose time was over had no status, and may pass", () => {
  const place = { context: "c", namespace: "n", server: "https://c.example.test" };
  const cause = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  const error = new ClusterError({ verb: "list", kind: "Pod" }, place, cause);
  expect(error).toMatchObject({ isTransient: true, status: undefined });
  expect(error.message).toMatch(/failed: The operation was aborted due to timeout/);
});

it.each([
  [
    "no answer",
    new Error("ECONNREFUSED"),
    "failed: ECONNREFUSED. Check that https://c.example.test of kubeconfig prod.config runs and that this machine can " +
      "reach it. A proxy counts only as proxy-url of the cluster in there.",
  ],
  [
    "status 401",
    { code: 401, body: { message: "Unauthorized" } },
    "failed with status 401: Unauthorized. Log in again: the credentials of this context are not valid, or have expired.",
  ],
  [
    "status 403",
    { code: 403, body: JSON.stringify({ message: "no pods for you" }) },
    "failed with status 403: no pods for you. Give the user of this context a Role in apps with the rule " +
      '{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }.',
  ],
  [
    "status 404",
    { code: 404, body: "<html>" },
    "failed with status 404: it gave no reason. Check the namespace and the names in it: somebody may have deleted them.",
  ],
  [
    "status 500",
    { code: 500, body: { message: "etcd is full" } },
    "failed with status 500: etcd is full. Fix the cause and run it again: what was done stays, and the rest follows.",
  ],
])("a request with %s says what failed and what to do", (_, cause, words) => {
  const server = "https://c.example.test";
  const place = { context: "prod", namespace: "apps", server, kubeconfig: "prod.config" };
  expect(new ClusterError({ verb: "list", kind: "Pod" }, place, cause).message).toBe(
    `Kubernetes: list pods in namespace apps of context prod ${words}`,
  );
});

it.each([
  ["kube.config", "kube.config"],
  [undefined, "that kubectl would use"],
])("a kubeconfig that cannot be used is named: %s", (file, name) => {
  expect(new KubeconfigError(file, "there is no context a in it, it has b").message).toBe(
    `The kubeconfig ${name} cannot be used: there is no context a in it, it has b. ` +
      "Check kubeconfig and context in the settings, or the variable KUBECONFIG.",
  );
});

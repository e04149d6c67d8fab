import { V1LabelSelector } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { ClusterError, formatSelector, labelValue } from "../../components/kubernetes";

it("a selector has labels and expressions of each operator, as a request has them", () => {
  const matchExpressions = [
    { key: "tier", operator: "In", values: ["a", "b"] },
    { key: "track", operator: "NotIn", values: ["canary"] },
    { key: "app", operator: "Exists" },
    { key: "old", operator: "DoesNotExist" },
  ];
  const selector = { matchLabels: { app: "worker" }, matchExpressions };
  expect(formatSelector(Object.assign(new V1LabelSelector(), selector))).toBe(
    "app=worker,tier in (a,b),track notin (canary),app,!old",
  );
});

it("a label's value has at most 63 legal characters, and begins and ends with a letter or digit", () => {
  expect(labelValue(`x${"y".repeat(63)}`)).toBe("y".repeat(63));
  expect(labelValue(`${"x".repeat(40)}/-${"y".repeat(62)}`)).toBe("y".repeat(62));
  expect(labelValue("organization/project/stack")).toBe("organization.project.stack");
});

it.each([
  [429, true],
  [500, true],
  [undefined, true],
  [403, false],
  [404, false],
])("an answer with status %s may pass: %s", (code, passes) => {
  const place = { context: "c", namespace: "n", server: "https://c.example.test" };
  const error = new ClusterError({ verb: "get", resource: "pods" }, place, { code });
  expect(error.isTransient).toBe(passes);
});

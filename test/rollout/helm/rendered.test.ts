import { expect, it } from "vitest";
import { serviceEnvironment } from "../../../components/rollout";
import { findChangedVariable } from "../../../components/rollout/helm/rendered";
import { serviceNames } from "../names";

const entries = serviceEnvironment("web", "forward", serviceNames);
const given = entries.map(({ name, value }) =>
  typeof value === "string" ? { name, value } : { name, valueFrom: value },
);
const twice = { value: "mongo", valueFrom: { secretKeyRef: { name: "a", key: "b" } } };
const key = "TaskRunner__Storage__Mongo__ConnectionString";

function renderedWith(name: string, variable?: object): { kind: string; spec?: object }[] {
  const env = given.flatMap((one) =>
    one.name !== name ? one : variable ? { name, ...variable } : [],
  );
  const template = { spec: { containers: [{ name: "main", env }, { name: "sidecar" }] } };
  const web = { kind: "Deployment", metadata: { name: "web" }, spec: { selector: {}, template } };
  return [{ kind: "ConfigMap" }, { kind: "Service", spec: { ports: [] } }, web];
}

it("a chart may add to a reference, and to nothing else", () => {
  const secretKeyRef = { ...serviceNames.connectionSecret, optional: false };
  expect(findChangedVariable(renderedWith(""), entries)).toBe(undefined);
  expect(findChangedVariable(renderedWith(key, { valueFrom: { secretKeyRef } }), entries)).toBe(
    undefined,
  );
});

it.each<[string, string, object | undefined, string]>([
  ["a second quote", "TaskRunner__Storage__Mode", { value: '"mongo"' }, "Mode with another value"],
  ["a reference beside the text", "TaskRunner__Storage__Mode", twice, "Mode with another value"],
  ["a reference as text", key, { value: "map[secretKeyRef:map[]]" }, "without its reference"],
  ["another Secret", key, { valueFrom: { secretKeyRef: { name: "a", key: "b" } } }, "without its"],
  ["a variable that is left out", key, undefined, `no container of it has ${key}`],
])("finds %s, and names no value", (_, name, variable, text) => {
  const found = findChangedVariable(renderedWith(name, variable), entries);
  expect(found).toContain(text);
  expect(found).toContain(name);
  expect(found).not.toMatch(/"mongo"|map\[/);
});

import { expect, it } from "vitest";
import { fileBaseNames, plainRunId, requireNamed } from "../../components/state";

it.each([
  ["release:2025/11", ["release:2025_11", "release_2025_11"]],
  ["r-1", ["r-1"]],
  ["x".repeat(230), ["x".repeat(230)]],
  ["x".repeat(231), []],
  ["é".repeat(116), []],
  [".hidden", []],
  ["", []],
])("the files of %j can have the names %j", (runId, names) => {
  expect(fileBaseNames(runId)).toEqual(names);
});

it.each(["a_b", "a%2Fb", "r\u00e9"])("%s may be the name of another id", (baseName) => {
  expect(plainRunId(baseName)).toBeUndefined();
  expect(plainRunId("r-1:2 (a)")).toBe("r-1:2 (a)");
});

it.each([
  ["a/b:c", "a_b:c"],
  ["a/b:c", "a_b_c"],
  ["a%2Fb", "a%2Fb"],
  ["r\u00e9", "re\u0301"],
  ["re\u0301", "r\u00e9"],
])("%j has the name %j", (runId, baseName) => {
  expect(() => {
    requireNamed(runId, baseName);
  }).not.toThrow();
});

it.each([
  ["release:2025/11", "release%3A2025%2F11", "encoded-name"],
  ["r\u00e9", "r%c3%a9", "encoded-name"],
  ["a:b", "a-b", "name"],
  ["a", "a%", "name"],
  ["a", "b", "name"],
  ["x".repeat(231), "x".repeat(231), "form"],
])("%j does not have the name %j", (runId, baseName, reason) => {
  expect(() => {
    requireNamed(runId, baseName);
  }).toThrow(expect.objectContaining({ reason }));
});

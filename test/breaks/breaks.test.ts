import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { applyTo, findComments, parseTest, root, swapped } from "./breaks";
import { breaks } from "./guarantees";

it("each of at most 30 guarantees has one break, and one comment in the product", () => {
  const named = breaks.map(({ guarantee }) => guarantee).sort();

  expect(
    findComments()
      .map(({ guarantee }) => guarantee)
      .sort(),
  ).toEqual(named);
  expect(new Set(named).size).toBe(named.length);
  expect(named.length).toBeLessThanOrEqual(30);
});

it("a break names tests that exist", () => {
  for (const { tests, guarantee } of breaks) {
    expect(tests, guarantee).not.toEqual([]);
    for (const { file, name = "" } of tests.map(parseTest)) {
      expect(existsSync(resolve(root, file)), file).toBe(true);
      expect(readFileSync(resolve(root, file), "utf8"), file).toContain(name);
    }
  }
});

const code = (...lines: string[]) => ["// guarantee: it", ...lines].join("\n");

it.each([
  ["a statement goes whole", undefined, ["if (a) {", "  b();", "}", "c();"], ["", "c();"]],
  ["a statement is another one", "return;", ["return a;", "c();"], ["return;", "c();"]],
  [
    "two statements change places",
    swapped,
    ["await a;", "// Why.", "b();"],
    ["b();", "// Why.", "await a;"],
  ],
])("%s", (_what, instead, before, after) => {
  const broken = { guarantee: "it", tests: [], ...(instead && { instead }) };

  expect(applyTo(code(...before), broken)).toBe(code(...after));
});

it("a member of a list goes with its comma", () => {
  const text = 'const list = [\n  "a",\n  // guarantee: it\n  "b",\n];';

  expect(applyTo(text, { guarantee: "it", tests: [] })).toBe(text.replace('"b",', ""));
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { applyTo, breaks, parseTest } from "./breaks";
import { draw, mutantsIn } from "./mutants";
import { pureModules, testsOfPure } from "./pure";

const root = resolve(__dirname, "../..");
const textOf = (file: string) => readFileSync(resolve(root, file), "utf8");

it("each of at least 70 guarantees has one break", () => {
  const guarantees = new Set(breaks.map(({ guarantee }) => guarantee));

  expect(guarantees.size).toBe(breaks.length);
  expect(guarantees.size).toBeGreaterThanOrEqual(70);
});

it("a break changes product code", () => {
  const product = /^(components\/|cli\/|index\.ts$)/;

  expect(breaks.filter(({ file }) => !product.test(file))).toEqual([]);
});

it("a break replaces text that occurs exactly once", () => {
  for (const one of breaks) {
    const text = textOf(one.file);
    expect(applyTo(text, one), one.guarantee).not.toBe(text);
  }
});

it("a break names tests that exist", () => {
  for (const { tests, guarantee } of breaks) {
    expect(tests, guarantee).not.toEqual([]);
    for (const { file, name = "" } of tests.map(parseTest)) {
      expect(existsSync(resolve(root, file)), file).toBe(true);
      expect(textOf(file), file).toContain(name);
    }
  }
});

it("a pure module has files, and tests that exist", () => {
  const product = readdirSync(resolve(root, "components"), { recursive: true }).map(
    (file) => `components/${String(file)}`,
  );

  for (const { files, tests } of pureModules) {
    const [file = ""] = product.filter((one) => files.test(one));
    expect(testsOfPure(file), String(files)).toBe(tests);
    expect(tests.filter((test) => !existsSync(resolve(root, test)))).toEqual([]);
  }
});

it("a break whose text is missing or repeated is stale", () => {
  const [one] = breaks;
  const broken = { ...one, find: "a", replace: "b" } as typeof one & object;

  expect(applyTo("an egg", broken)).toBe("bn egg");
  expect(() => applyTo("egg", broken)).toThrow(`${broken.file} does not have the text "a"`);
  expect(() => applyTo("a banana", broken)).toThrow(`has the text "a" 4 times`);
});

it("a mutant changes one place, and neither types nor texts", () => {
  const code = [
    'import { say } from "say";',
    "export function f(a: number | true, b = 1): string {",
    '  if (a === 2 && b) say("a && b");',
    '  return b ? "yes" : "no";',
    "}",
  ].join("\n");
  const mutants = mutantsIn("one.ts", code);

  expect(mutants.map(({ what }) => what)).toEqual([
    "2: 1 -> (1 + 1)",
    "3: a === 2 && b -> !(a === 2 && b)",
    "3: && -> ||",
    "3: === -> !==",
    "3: 2 -> (2 + 1)",
    '3: say("a && b"); -> ;',
    "4: b -> !(b)",
  ]);
  expect(mutants[3]?.text).toBe(code.replace("a === 2", "a !== 2"));
  expect(draw(mutants, 3, 7)).toEqual(draw(mutants, 3, 7));
  expect(new Set(draw(mutants, 9, 7)).size).toBe(mutants.length);
});

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { applyTo, breaks, parseTest } from "./breaks";

const root = resolve(__dirname, "../..");
const textOf = (file: string) => readFileSync(resolve(root, file), "utf8");

describe("the list of breaks", () => {
  it("has one for each of at least 48 guarantees", () => {
    const guarantees = breaks.map(({ guarantee }) => guarantee);

    expect(new Set(guarantees).size).toBe(breaks.length);
    expect(breaks.length).toBeGreaterThanOrEqual(48);
  });

  it("breaks product code only", () => {
    const product = /^(components\/|cli\/|policy\/|charts\/|index\.ts$)/;

    expect(breaks.filter(({ file }) => !product.test(file))).toEqual([]);
  });
});

describe.each(breaks)("the break of: $guarantee", (one) => {
  it("changes text that occurs exactly once", () => {
    const text = textOf(one.file);

    expect(applyTo(text, one)).not.toBe(text);
  });

  it("names tests that exist", () => {
    expect(one.tests.length).toBeGreaterThan(0);
    for (const { file, name = "" } of one.tests.map(parseTest)) {
      expect(existsSync(resolve(root, file)), file).toBe(true);
      expect(textOf(file), file).toContain(name);
    }
  });
});

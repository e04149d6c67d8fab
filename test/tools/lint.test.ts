import { describe, expect, it } from "vitest";
import { syntaxRules } from "./syntax-rules";

describe.each(["index.ts", "components/step/step.ts", "test/server.ts", "tools/dev/index.ts"])(
  "the lint of %s",
  (path) => {
    it.each([
      [
        "literal where it is spread",
        "f({ ...{ a, b }, c });",
        "f({ a, b, ...c, ...(d && { e }) });",
      ],
      ["literal where it is spread", 'f(...["a", "b"]);', "f(...list, ...list.map(g));"],
      ["literal where it is spread", 'f(...(["a"] as const));', "f(...(isWanted ? [a] : []));"],
      ["each of these variables", "const [a, b] = [300, 30];", "const [a, b] = g();"],
      [
        "each of these variables",
        'const [a, b] = ["a", "b"] as const;',
        "const [a] = b ?? [c, d];",
      ],
      ["each of these variables", "const { a, b } = { a: 1, b: 2 };", "const { a, b } = g({ c });"],
      [
        "each of these variables",
        "for (const [[a] = [b]] of c) f(a);",
        "for (const [a] of c) f(a);",
      ],
      ["each of these variables", "[a, b] = [[], 0];", "[a[0], b.c] = [b.c, a[0]];"],
    ])("refuses, with %j, %j, and accepts %j", async (words, wrong, right) => {
      const broken = await syntaxRules(path);
      expect(broken(wrong)).toEqual([expect.stringContaining(words)]);
      expect(broken(right)).toEqual([]);
    });
  },
);

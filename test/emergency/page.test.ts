import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { page, sections } from "./page";

it("the page has at most 200 lines", () => {
  expect(page.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
});

it("each block of commands is run by a test", () => {
  const tests = ["files.test.ts", "kubernetes.test.ts"]
    .map((name) => readFileSync(join(__dirname, name), "utf8"))
    .join("\n");
  const blocks = [...sections].flatMap(([title, texts]) =>
    texts.map((_text, number) => ({ title, number })),
  );
  expect(blocks.length).toBeGreaterThan(10);
  for (const { title, number } of blocks) {
    // Both sites begin with the block at the top.
    if (title === "") continue;
    const call = number === 0 ? `("${title}")` : `("${title}", ${number})`;
    expect(tests).toContain(call);
  }
});

it("every command is in a block, so that a test has it", () => {
  const prose = page.replaceAll(/^```sh\n[^]*?^```$/gm, "");
  const lines = prose
    .split("\n")
    .filter((line) => /^ *(\$ )?(pulumi|npx|kubectl|helm) /.test(line));
  expect(lines).toEqual([]);
});

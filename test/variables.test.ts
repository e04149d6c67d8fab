import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(__dirname, "..");
const tracked = (...paths: readonly string[]) =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...paths], {
    cwd: root,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .filter((file) => file !== "test/variables.test.ts");
const textOf = (file: string) => readFileSync(resolve(root, file), "utf8");

const others = [
  // What the engine gives to the program by itself.
  "PULUMI_CONFIG_SECRET_KEYS",
  // A test limits the size of files; the loader's own ones would meet that limit.
  "TSX_DISABLE_CACHE",
];

// A variable that only the repository's own tools set hides what users meet: with
// PULUMI_NODEJS_TRANSPILE_ONLY all tests passed while the first `pulumi up` of each user failed.
it("tools and tests set no variable of Pulumi or Node.js that no page tells users to set", () => {
  const pages = tracked("*.md", ".github").map(textOf).join("\n");
  const files = tracked("tools", "test", "Makefile", ".ci");
  const found = files.flatMap((file) => {
    const names = textOf(file).match(/\b(?:PULUMI|NODE|TS_NODE|TSX)_[A-Z_]+\b/g) ?? [];
    return names.map((name) => ({ file, name }));
  });

  expect(found.length).toBeGreaterThan(5);
  const known = new Set([...(pages.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []), ...others]);
  expect(found.filter(({ name }) => !known.has(name))).toEqual([]);
});

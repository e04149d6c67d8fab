import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { settingsSchema } from "../components/settings/schema";

const root = resolve(__dirname, "..");
const readme = readFileSync(resolve(root, "README.md"), "utf8");
const firstColumn = (pattern: RegExp) => [...readme.matchAll(pattern)].map(([, name = ""]) => name);

it("the README has every setting, and no other", () => {
  const section = readme.slice(
    readme.indexOf("## Settings"),
    readme.indexOf("## The command line"),
  );
  const keys = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);

  expect(keys).toEqual(Object.keys(settingsSchema.shape));
});

it("the README's make targets are the Makefile's", () => {
  const help = execFileSync("make", ["--silent", "help"], { cwd: root, encoding: "utf8" });
  const targets = [...help.matchAll(/^ {2}make (\w+)/gm)].map(([, name = ""]) => name);

  expect(firstColumn(/^\| `make (\w+)` \|/gm).sort()).toEqual(
    targets.filter((name) => name !== "help").sort(),
  );
});

it("the README's commands are the command line's", () => {
  const bin = resolve(root, "cli/bin.cjs");
  const help = execFileSync("node", [bin, "--help"], { encoding: "utf8" });
  const commands = [...help.matchAll(/^ {2}([a-z]+)(?:, [a-z]+)? {2,}[A-Z]/gm)].map(
    ([, name = ""]) => name,
  );

  expect(firstColumn(/^\| `npx taskrunner-storage (\w+)` \|/gm)).toEqual(commands);
});

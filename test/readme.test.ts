import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { program } from "../cli/program";
import { blocksIn, readme } from "./readme";

const root = resolve(__dirname, "..");
const named = (pattern: RegExp) => [...readme.matchAll(pattern)].map(([, name = ""]) => name);

it("the README has at most 120 lines", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

it("the README's make targets are in the Makefile", () => {
  const help = execFileSync("make", ["--silent", "help"], { cwd: root, encoding: "utf8" });
  const targets = [...help.matchAll(/^ {2}make ([\w-]+)/gm)].map(([, name]) => name);
  const used = named(/^ {4}make ([\w-]+)/gm);

  expect(used).toEqual(["up", "rollback", "down", "test"]);
  for (const target of used) expect(targets).toContain(target);
});

it("the README's command for the tests is what CI runs", () => {
  const [, , , test = ""] = blocksIn("Try it");
  const ci = readFileSync(resolve(root, ".ci/run"), "utf8");

  // Together with the static checks, and with whole stacks in the same run.
  expect(test).toBe("make test");
  expect(ci).toMatch(/^make --jobs=2 --keep-going lint test /m);
});

it("the README's commands and their options are the command line's", () => {
  const used = [...readme.matchAll(/`npx taskrunner-storage (\w+)([^`]*)`/g)];

  expect(used.map(([, name]) => name)).toEqual([
    "doctor",
    "preview",
    "status",
    "plan",
    "verify",
    "export",
  ]);
  for (const [, name = "", rest = ""] of used) {
    const command = program.commands.find((one) => one.name() === name);
    const options = command?.options.map(({ long }) => long);
    for (const [option] of rest.matchAll(/--[\w-]+/g)) expect(options, name).toContain(option);
  }
});

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(__dirname, "..");
const page = readFileSync(resolve(root, ".github/CONTRIBUTING.md"), "utf8");
const firstColumn = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, name = ""]) => name);

it("lists the targets of the Makefile", () => {
  const help = execFileSync("make", ["--silent", "help"], { cwd: root, encoding: "utf8" });
  const targets = [...help.matchAll(/^ {2}make ([\w-]+)/gm)].map(([, name = ""]) => name);

  expect(firstColumn(/^\| `make ([\w-]+)` \| (?!`)/gm).sort()).toEqual(
    targets.filter((name) => name !== "help").sort(),
  );
});

it("lists the rooms in the order in which they may import each other", async () => {
  const file = resolve(root, "tools/lint/dependency-cruiser.mjs");
  const { default: rules } = (await import(file)) as {
    default: { forbidden: { name: string }[] };
  };
  const order = rules.forbidden.flatMap(
    ({ name }) => /^(\w+)-knows-only-the-rooms-above$/.exec(name)?.[1] ?? [],
  );

  expect(order.length).toBeGreaterThan(10);
  const rooms = firstColumn(/^\| `components\/(\w+)` \|/gm);
  expect(rooms.slice(0, order.length)).toEqual(order);
  expect(rooms).toHaveLength(order.length + 1);
});

it("names files and folders that exist", () => {
  const paths = firstColumn(/`((?:components|cli|test|tools|docs|charts|policy)\/[\w./-]+)`/g);

  expect(paths.length).toBeGreaterThan(25);
  expect(paths.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
});

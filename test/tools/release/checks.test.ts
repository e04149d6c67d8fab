import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as lock from "../../../package-lock.json";
import {
  checkDeclarations,
  checkFiles,
  checkLicences,
  checkPaths,
  checkTypes,
  checkVersions,
} from "../../../tools/release/checks";

it("names a file of another version", () => {
  expect(checkVersions("1.2.0", { "package-lock.json": "1.2.0" })).toEqual([]);
  expect(checkVersions("1.2.0", { "package-lock.json": "1.1.0" })).toEqual([
    "package-lock.json has version 1.1.0, and package.json 1.2.0. Change one.",
  ]);
});

it("names a package whose licence is not allowed, unless only tests need it", () => {
  const licencesOf = (...packages: readonly object[]) =>
    checkLicences({
      packages: Object.fromEntries(packages.map((one, at) => [`node_modules/@a/b${at}`, one])),
    });

  expect(checkLicences(lock)).toEqual([]);
  expect(licencesOf({ license: "(MIT OR GPL-3.0)" }, { license: "(ISC AND MIT)" })).toEqual([]);
  expect(licencesOf({ license: "GPL-3.0", dev: true })).toEqual([]);
  expect(licencesOf({ license: "GPL-3.0" })).toEqual([
    expect.stringMatching(/^@a\/b0 has the licence GPL-3\.0\. Replace it/),
  ]);
  expect(licencesOf({ license: "(MIT AND GPL-3.0)" })).toHaveLength(1);
  expect(licencesOf({})).toEqual([expect.stringContaining("has the licence none")]);
});

it("names a file that no user needs", () => {
  const usual = ["LICENSE", "package.json", "cli/bin.cjs", "docs/json/plan.schema.json"];
  expect(checkFiles(usual)).toEqual([]);
  const others = ["components/program.ts", "components/program.js.map", ".env", "test/a.js"];
  expect(checkFiles(others)).toHaveLength(others.length);
});

it("names a file with a folder of this machine", () => {
  const files = new Map([
    ["a.js", 'require("/home/ann/clone/b")'],
    ["b.js", "/home/anna/x"],
  ]);
  expect(checkPaths(files, ["/home/ann"])).toEqual([
    "a.js names /home/ann, a folder of this machine.",
  ]);
});

it("names a package that a declaration needs and that is not installed with it", () => {
  const files = new Map([
    ["cli/a.d.ts", 'export declare const a: import("bson").Document;\n'],
    ["cli/b.d.ts", 'import { z } from "@a/b/c";\nimport "./a";\nimport "node:fs";\nexport = z;\n'],
    ["cli/c.js", 'require("undeclared");\n'],
  ]);
  expect(checkDeclarations(files, ["@a/b"])).toEqual([
    expect.stringContaining("cli/a.d.ts names bson"),
  ]);
  expect(checkDeclarations(files, ["bson"])).toEqual([
    expect.stringContaining("cli/b.d.ts names @a/b,"),
  ]);
});

it("names a door whose types do not compile", { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "doors-"));
  const location = join(folder, "node_modules/taskrunner-storage");
  await mkdir(location, { recursive: true });
  const exports = { ".": { types: "./a.d.ts" }, "./b": { types: "./b.d.ts" } };
  const manifest = { name: "taskrunner-storage", version: "1.0.0", exports };
  await writeFile(join(location, "package.json"), JSON.stringify(manifest));
  await writeFile(join(location, "a.d.ts"), "export declare const a: number;\n");
  await writeFile(join(location, "b.d.ts"), 'export { missing } from "./a";\n');

  expect(checkTypes(folder, ["."])).toEqual([]);
  expect(checkTypes(folder, [".", "./b"])).toEqual([
    expect.stringMatching(/^The package's types do not compile: .*b\.d\.ts.*'missing'/),
  ]);
  expect(checkTypes(folder, ["./c"])).toEqual([expect.stringContaining("taskrunner-storage/c")]);
  await rm(folder, { recursive: true });
});

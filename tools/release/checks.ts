import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { z } from "zod";
import { repository } from "../parts";

/** Problems of a release, as sentences; empty if it has none. */
export type Problems = readonly string[];

/**
 * Checks that one version stands everywhere.
 *
 * @param found the version in each file, by its name
 */
export function checkVersions(version: string, found: Readonly<Record<string, string>>): Problems {
  return Object.entries(found)
    .filter(([, one]) => one !== version)
    .map(([file, one]) => `${file} has version ${one}, and package.json ${version}. Change one.`);
}

/** Licences that let anybody use and pass on a package, with a notice at most. */
const allowed = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
];

/** Packages that a person has looked at, with the licence that they state. */
const examined: Readonly<Record<string, string>> = {
  // MIT, by the file that it names.
  "@logdna/tail-file": "SEE LICENSE IN LICENSE",
  // A list of names, which may be passed on with its author's name.
  "spdx-exceptions": "CC-BY-3.0",
};

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), license: z.string().optional() }),
  ),
});

/**
 * Checks the licence of each package that a user installs.
 *
 * @param lock the content of package-lock.json
 */
export function checkLicences(lock: unknown): Problems {
  const { packages } = lockFile.parse(lock);
  return Object.entries(packages).flatMap(([location, { dev, license = "none" }]) => {
    const name = location.replace(/^.*node_modules\//, "");
    const isAllowed = license
      .replaceAll(/[()]/g, "")
      .split(" OR ")
      .some((choice) => choice.split(" AND ").every((one) => allowed.includes(one)));
    if (location === "" || dev === true || isAllowed || examined[name] === license) return [];
    return [
      `${name} has the licence ${license}. Replace it, or add it to tools/release/checks.ts.`,
    ];
  });
}

/** What the package is made of. */
const expected =
  /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|docs\/(json\/)?[\w-]+\.schema\.json|policy\/(package\.json|PulumiPolicy\.yaml)|(cli|components|policy)\/.+\.(js|cjs|d\.ts|d\.cts))$/;

/** Files that the package should not have. */
export function checkFiles(names: readonly string[]): Problems {
  return names
    .filter((name) => !expected.test(name))
    .map((name) => `The package has ${name}, which no user needs. See tools/package.`);
}

/**
 * Finds folders of this machine in what is given away.
 *
 * @param files their texts, by their names
 * @param folders absolute
 */
export function checkPaths(
  files: ReadonlyMap<string, string>,
  folders: readonly string[],
): Problems {
  return [...files].flatMap(([name, text]) =>
    folders
      .filter((folder) => text.includes(`${folder}/`))
      .map((folder) => `${name} names ${folder}, a folder of this machine.`),
  );
}

/**
 * Finds packages in declarations that are not installed with the package. A compiler that runs below this repository finds
 * them all the same.
 *
 * @param files the texts of the package, by their names
 * @param declared the names in `dependencies` and `peerDependencies`
 */
export function checkDeclarations(
  files: ReadonlyMap<string, string>,
  declared: readonly string[],
): Problems {
  const declarations = [...files].filter(([name]) => /\.d\.c?ts$/.test(name));
  return declarations.flatMap(([name, text]) =>
    ts
      .preProcessFile(text)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((one) => !/^(\.|node:)/.test(one))
      .map((one) => one.split("/", one.startsWith("@") ? 2 : 1).join("/"))
      .filter((one) => !declared.includes(one))
      .map(
        (one) =>
          `${name} names ${one}, which is not in dependencies. Declare the type with one that is.`,
      ),
  );
}

/**
 * Compiles a program that opens each door of the package, with the declarations behind them.
 *
 * @param folder absolute; its `node_modules` has the package `taskrunner-storage`
 * @param doors the keys of `exports`, such as `./policy`
 */
export function checkTypes(folder: string, doors: readonly string[]): Problems {
  const lines = doors.map(
    (door, at) => `export import door${at} = require("taskrunner-storage${door.slice(1)}");\n`,
  );
  writeFileSync(join(folder, "doors.cts"), lines.join(""));
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    types: ["node"],
    typeRoots: [join(repository, "node_modules/@types")],
  };
  const project = join(folder, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, include: ["doors.cts"] }));
  const tsc = join(repository, "node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["--project", project], { cwd: folder, encoding: "utf8" });
  // Other packages have mistakes of their own.
  const ours = /^(doors|node_modules\/taskrunner-storage\/).*/gm;
  return (stdout.match(ours) ?? []).map((line) => `The package's types do not compile: ${line}`);
}

/** Unpacks a file of `npm pack` as the only package of a folder, which is emptied first. */
export function unpack(tarball: string, folder: string): void {
  const target = join(folder, "node_modules/taskrunner-storage");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", target]);
}

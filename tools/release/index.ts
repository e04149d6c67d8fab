/**
 * What `make release` does after `make bundle package`: `TAG=v0.2.0 tsx tools/release/index.ts`; without a tag, as the
 * dry run of the next release.
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { dependencies as askedByExample } from "../../examples/package/package.json";
import { exports as doors, version } from "../../package.json";
import * as lock from "../../package-lock.json";
import { noticesFile } from "../bundle/notices";
import { PartError, repository } from "../parts";
import { packChart } from "./chart";
import {
  checkDeclarations,
  checkFiles,
  checkLicences,
  checkPaths,
  checkTypes,
  checkVersions,
  unpack,
} from "./checks";
import { releaseNotes } from "./notes";

const dist = join(repository, "dist");
const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { cwd: repository, stdio: "inherit" });

/** @param tag empty for a dry run */
async function release(tag: string): Promise<void> {
  const notes = releaseNotes(tag, version, read(repository, "CHANGELOG.md"));
  for (const old of globSync("*.tgz", { cwd: dist })) rmSync(join(dist, old));
  run("npm", "pack", join(dist, "package"), "--pack-destination", dist, "--silent");
  const tarball = join(dist, `taskrunner-storage-${version}.tgz`);
  const checked = join(dist, "checked");
  unpack(tarball, checked);
  const folder = join(checked, "node_modules/taskrunner-storage");
  const names = globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const given = new Map(names.map((name) => [name, read(folder, name)]));
  for (const name of ["taskrunner-storage.cjs", noticesFile]) given.set(name, read(dist, name));
  const packed = JSON.parse(read(folder, "package.json")) as Readonly<Record<string, object>>;
  const declared = Object.keys({ ...packed.dependencies, ...packed.peerDependencies });
  const problems = [
    ...checkVersions(version, {
      "package-lock.json": lock.version,
      "examples/package/package.json": askedByExample["taskrunner-storage"],
    }),
    ...checkLicences(lock),
    ...checkFiles(names),
    ...checkPaths(given, [repository, homedir()]),
    ...checkDeclarations(given, declared),
    ...checkTypes(checked, Object.keys(doors)),
  ];
  if (problems.length > 0) throw new PartError(problems.join("\n"));
  // By force: from the release on, the version of a dry run is one that npm has.
  run("npm", "publish", tarball, "--dry-run", "--force", "--access", "public", "--silent");
  await packChart(version, dist);
  writeFileSync(join(dist, "notes.md"), `${notes}\n\n`);
  console.log(`${tag || "Dry run"}: version ${version} can be released`);
}

release(process.env.TAG ?? "").catch((error: unknown) => {
  console.error(error instanceof PartError ? error.message : error);
  process.exitCode = 1;
});

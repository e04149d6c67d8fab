import { arch, platform } from "node:os";
import { join } from "node:path";
import { partFolder } from "./cache";
import { executable } from "./executable";
import { withProgress } from "./progress";
import { repository, textOf } from "./repository";
import { longWork } from "./run";

/** Programs that are built from one Go module of tools/go. */
export interface GoBuild {
  /** The module's folder in tools/go. */
  readonly module: string;
  /** What is built, for the progress, such as `helm v3.22.0`. */
  readonly title: string;
  /** The packages of the programs. */
  readonly packages: readonly string[];
  /** Variables of packages that are set at link time, such as `PACKAGE.version=v1.0.0`. */
  readonly stamps: readonly string[];
}

/** Builds programs into a folder; each is named after its package's last part. */
export async function goBuild(build: GoBuild, into: string): Promise<void> {
  let compiled = 0;
  const ldflags = ["-s -w", ...build.stamps.map((stamp) => `-X ${stamp}`)].join(" ");
  const work = () =>
    longWork({
      program: "go",
      args: ["build", "-v", "-trimpath", "-ldflags", ldflags, "-o", `${into}/`, ...build.packages],
      directory: goModule(build.module),
      environment: { GOWORK: "off" },
      line: () => (compiled += 1),
    });
  await withProgress(`building ${build.title}`, () => `${compiled} packages`, work);
}

/** The folder in the cache of what is made from a Go module: another go.sum is another folder. */
export async function goPartFolder(
  part: string,
  module: string,
  madeFrom: readonly string[],
): Promise<string> {
  const sums = await textOf("tools", "go", module, "go.sum");
  return partFolder(part, [platform(), arch(), ...madeFrom, sums]);
}

/** Why nothing can be built, or undefined if there is a Go. */
export function noGo(): Promise<string | undefined> {
  return Promise.resolve(executable("go") === undefined ? "no go on PATH" : undefined);
}

/** The folder of a Go module of tools/go. */
export function goModule(module: string): string {
  return join(repository, "tools", "go", module);
}

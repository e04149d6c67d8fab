import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fillOnce, partFolder } from "./cache";
import { executable } from "./executable";
import { withProgress } from "./progress";
import { repository, textOf } from "./repository";
import { answerOf, longWork } from "./run";
import type { Source } from "./sources";

/** Programs that are built from one Go module of tools/go. */
export interface GoBuild {
  /** The module's folder in tools/go. */
  readonly module: string;
  /** Where it is built. Default: the module's folder. */
  readonly directory?: string;
  /** What is built, for the progress, such as `helm v3.22.0`. */
  readonly title: string;
  /** The packages of the programs. */
  readonly packages: readonly string[];
  /** Variables of packages that are set at link time, such as `PACKAGE.version=v1.0.0`. */
  readonly stamps: readonly string[];
  /** Tags of the build. Default: none. */
  readonly tags?: readonly string[];
}

/** Builds programs into a folder; each is named after its package's last part. */
export async function goBuild(build: GoBuild, into: string): Promise<void> {
  let compiled = 0;
  const ldflags = ["-s -w", ...build.stamps.map((stamp) => `-X ${stamp}`)].join(" ");
  const options = ["-trimpath", "-tags", (build.tags ?? []).join(","), "-ldflags", ldflags];
  const work = () =>
    longWork({
      program: "go",
      args: ["build", "-v", ...options, "-o", `${into}/`, ...build.packages],
      directory: build.directory ?? goModule(build.module),
      // The compiler collects less often: a fifth less of CPU (helm: 178 to 148 s), for a few GB at most.
      environment: { GOWORK: "off", GOGC: process.env.GOGC ?? "400" },
      line: () => (compiled += 1),
    });
  await withProgress(`building ${build.title}`, () => `${compiled} packages`, work);
}

/** A part that is built from Go modules. */
export interface GoPart<T> {
  /** Its name in the cache, such as `helm-v3.22.0`. */
  readonly name: string;
  /** The modules' folders in tools/go. */
  readonly modules: readonly string[];
  /** What else it is made from, such as versions: another one is another folder of the cache. */
  readonly madeFrom: readonly string[];
  /** What is said before it is built, with how long that takes. */
  readonly doing: string;
  /** Builds it into an empty folder, which is moved afterwards. */
  fill(aside: string): Promise<void>;
  /** The part in its folder. */
  partIn(folder: string): T;
}

/** The way to a part by a build from pinned Go modules, which is kept in the cache. */
export async function goSource<T>(part: GoPart<T>): Promise<Source<T>> {
  const folder = await goPartFolder(part.name, part.modules, ["build", ...part.madeFrom]);
  return {
    kept: () => Promise.resolve(existsSync(folder) ? part.partIn(folder) : undefined),
    closed: noGo,
    doing: part.doing,
    async get() {
      await fillOnce(folder, (aside) => part.fill(aside));
      return part.partIn(folder);
    },
  };
}

/**
 * The way to one program by such a build.
 *
 * @param build its module's folder in tools/go has the program's name
 * @param time how long it takes, for the progress
 */
export function goProgram(version: string, build: GoBuild, time: string): Promise<Source<string>> {
  const { module, tags = [] } = build;
  return goSource({
    name: `${module}-${version}`,
    modules: [module],
    madeFrom: [version, ...tags],
    doing: `building ${version} from Go modules (${time}, once)`,
    fill: (aside) => goBuild(build, aside),
    partIn: (folder) => join(folder, module),
  });
}

/** The folder in the cache of what is made from Go modules: another go.sum is another folder. */
export async function goPartFolder(
  part: string,
  modules: readonly string[],
  madeFrom: readonly string[],
): Promise<string> {
  const sums = await Promise.all(modules.map((module) => textOf("tools", "go", module, "go.sum")));
  return partFolder(part, [platform(), arch(), ...madeFrom, ...sums]);
}

/**
 * The folder in the Go module cache of a module that one of tools/go requires; it is put there if it
 * is not there yet. Undefined if it cannot be had.
 */
export async function findModule(by: string, module: string): Promise<string | undefined> {
  const directory = goModule(by);
  await answerOf("go", "-C", directory, "mod", "download", module);
  const folder = await answerOf("go", "-C", directory, "list", "-m", "-f", "{{.Dir}}", module);
  return folder === "" ? undefined : folder;
}

/** Why nothing can be built, or undefined if there is a Go. */
export function noGo(): Promise<string | undefined> {
  return Promise.resolve(executable("go") === undefined ? "no go on PATH" : undefined);
}

/** The folder of a Go module of tools/go. */
export function goModule(module: string): string {
  return join(repository, "tools", "go", module);
}

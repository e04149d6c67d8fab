import { arch, platform } from "node:os";
import { join } from "node:path";
import { partFolder } from "./cache";
import { showProgress } from "./progress";
import { repository, readRepositoryFile } from "./repository";
import { answerOf, executable, longWork } from "./run";
import { cached, type Source } from "./sources";

/** Programs that are built from one Go module of tools/go. */
interface GoBuild {
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
  await showProgress(`building ${build.title}`, () => `${compiled} packages`, work);
}

/** A part that is built from Go modules. */
interface GoPart<T> {
  /** Its name in the cache before its version, such as `helm`. */
  readonly name: string;
  readonly version: string;
  /** The modules' folders in tools/go. */
  readonly modules: readonly string[];
  /** What else it is made from, such as versions: another one is another folder of the cache. */
  readonly madeFrom: readonly string[];
  /** How long a build takes, for the progress. */
  readonly time: string;
  /** What is built too, for the progress. */
  readonly also?: string;
  /** Builds it into an empty folder, which is moved afterwards. */
  fill(aside: string): Promise<void>;
  /** The part in its folder. */
  partIn(folder: string): T;
}

/** The way to a part by a build from pinned Go modules, which is kept in the cache. */
export async function goSource<T>(part: GoPart<T>): Promise<Source<T>> {
  const { name, version, modules, madeFrom, time, also = "" } = part;
  return cached({
    ...part,
    folder: await goPartFolder(`${name}-${version}`, modules, ["build", ...madeFrom]),
    closed: noGo,
    doing: `building ${version}${also} from Go modules (${time}, once)`,
  });
}

/** The folder in the cache of what is made from Go modules: another go.sum is another folder. */
export async function goPartFolder(
  part: string,
  modules: readonly string[],
  madeFrom: readonly string[],
): Promise<string> {
  const sums = await Promise.all(
    modules.map((module) => readRepositoryFile("tools", "go", module, "go.sum")),
  );
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

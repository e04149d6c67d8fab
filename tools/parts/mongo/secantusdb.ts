import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fillOnce, partFolder } from "../cache";
import { executable } from "../executable";
import { withProgress } from "../progress";
import { repository, textOf } from "../repository";
import { answerOf, longWork } from "../run";
import type { Source } from "../sources";
import { atLeast, versions } from "../versions";
import type { MongoProgram } from "./server-program";

const requirements = ["tools", "python", "requirements.txt"];

/** SecantusDB, a server of MongoDB's protocol in Python, in a virtual environment of its own. */
export async function secantusdb(): Promise<Source<MongoProgram>> {
  const madeFrom = ["venv", platform(), arch(), await textOf(...requirements)];
  const folder = partFolder(`secantusdb-${versions.secantusdb}`, madeFrom);
  const program: MongoProgram = {
    name: `SecantusDB ${versions.secantusdb}`,
    kind: "secantusdb",
    // As a module: the scripts of a virtual environment that was moved name its former place.
    command: [join(folder, "bin", "python"), "-m", "secantus"],
  };
  return {
    // The environment links to the Python that made it, which may be gone.
    kept: () => Promise.resolve(existsSync(program.command[0]) ? program : undefined),
    closed: noPython,
    doing: `installing ${program.name} from PyPI (10 s to a minute, once)`,
    async get() {
      await fillOnce(folder, fill);
      return program;
    },
  };
}

async function noPython(): Promise<string | undefined> {
  if (executable("python3") === undefined) return "no python3 on PATH";
  const version = await answerOf(
    "python3",
    "-c",
    "import platform; print(platform.python_version())",
  );
  if (version === undefined) return "the python3 on PATH does not run";
  if (atLeast(version, versions.oldestPython)) return undefined;
  return `python3 on PATH is ${version}, older than ${versions.oldestPython}`;
}

async function fill(aside: string): Promise<void> {
  const install = ["-m", "pip", "install", "--no-deps", "--no-input", "--quiet"];
  const work = async () => {
    await longWork({ program: "python3", args: ["-m", "venv", aside] });
    await longWork({
      program: join(aside, "bin", "python"),
      args: [...install, "--requirement", join(repository, ...requirements)],
    });
  };
  await withProgress(`installing SecantusDB ${versions.secantusdb}`, () => "", work);
}

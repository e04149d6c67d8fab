import { rename } from "node:fs/promises";
import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { partFolder } from "../cache";
import { showProgress } from "../progress";
import { silent } from "../reach";
import { repository, readRepositoryFile } from "../repository";
import { answerOf, executable, longWork } from "../run";
import { type PartAnswer, cached, choose, type Source } from "../sources";
import { atLeast, versions } from "../versions";

/** A program that serves MongoDB's protocol. */
export interface MongoProgram {
  /** Name and version, such as `mongod 8.0.4` or `SecantusDB 0.7.0b3`. */
  readonly name: string;
  readonly kind: "mongod" | "secantusdb";
  /** The program and its leading arguments. */
  readonly command: readonly [string, ...string[]];
}

/**
 * The server program: `mongod` from PATH, MongoDB's official download, or SecantusDB from PyPI in its own virtual
 * environment. The latter two are kept in the user's cache folder.
 *
 * @throws PartError if no source works, with what to install
 */
export async function mongoProgram(): Promise<MongoProgram> {
  return choose(
    "MongoDB server",
    mongodOnPath,
    [mongodDownload(), await secantusdb()],
    `Install MongoDB ${versions.oldestMongod} or later, or Python ${versions.oldestPython} or ` +
      "later with venv, and run this again; or name a server of yours in MONGODB_URI",
  );
}

async function mongodOnPath(): Promise<PartAnswer<MongoProgram>> {
  const file = executable("mongod");
  if (file === undefined) return { missing: "no mongod on PATH" };
  const part = await mongodAt(file);
  if (part === undefined) return { missing: "the mongod on PATH does not run" };
  const version = part.name.replace("mongod ", "");
  if (!atLeast(version, versions.oldestMongod)) {
    return { missing: `mongod ${version} on PATH is older than ${versions.oldestMongod}` };
  }
  return { part };
}

/** The `mongod` in a file; undefined if it does not run here. */
async function mongodAt(file: string): Promise<MongoProgram | undefined> {
  const answer = await answerOf(file, "--version");
  const version = answer === undefined ? undefined : /db version v(\S+)/.exec(answer)?.[1];
  if (version === undefined) return undefined;
  return { name: `mongod ${version}`, kind: "mongod", command: [file] };
}

function mongodDownload(): Source<MongoProgram> {
  // mongodb-memory-server knows the archive for a machine.
  const mirror = "https://fastdl.mongodb.org";
  const version = versions.mongod;
  return cached({
    folder: partFolder(`mongod-${version}`, ["download", version, platform(), arch()]),
    closed: () => silent(mirror),
    doing: `downloading mongod ${version} from ${new URL(mirror).host}`,
    async fill(aside) {
      // Loaded late: it is slow to load and seldom used. It shows its own progress.
      const { MongoBinary } = await import("mongodb-memory-server-core");
      const request = { version, downloadDir: aside, checkMD5: true };
      await rename(await MongoBinary.getPath(request), join(aside, "mongod"));
    },
    partIn: (folder) => mongodAt(join(folder, "mongod")),
  });
}

/** SecantusDB, a server in Python, in its own virtual environment. */
async function secantusdb(): Promise<Source<MongoProgram>> {
  const requirements = ["tools", "python", "requirements.txt"];
  const name = `SecantusDB ${versions.secantusdb}`;
  const madeFrom = ["venv", platform(), arch(), await readRepositoryFile(...requirements)];
  return cached({
    folder: partFolder(`secantusdb-${versions.secantusdb}`, madeFrom),
    closed: noPython,
    doing: `installing ${name} from PyPI (10 s to a minute, once)`,
    async fill(aside) {
      const python = join(aside, "bin", "python");
      const install = ["-m", "pip", "install", "--no-deps", "--no-input", "--quiet"];
      const wanted = ["--requirement", join(repository, ...requirements)];
      await showProgress(
        `installing ${name}`,
        () => "",
        async () => {
          await longWork({ program: "python3", args: ["-m", "venv", aside] });
          await longWork({ program: python, args: [...install, ...wanted] });
        },
      );
    },
    partIn(folder): MongoProgram | undefined {
      const python = join(folder, "bin", "python");
      // The environment links to the Python that created it, which may be gone.
      if (!existsSync(python)) return undefined;
      // As a module: the scripts of a moved virtual environment name its former folder.
      return { name, kind: "secantusdb", command: [python, "-m", "secantus"] };
    },
  });
}

async function noPython(): Promise<string | undefined> {
  if (executable("python3") === undefined) return "no python3 on PATH";
  const question = "import platform; print(platform.python_version())";
  const version = await answerOf("python3", "-c", question);
  if (version === undefined) return "the python3 on PATH does not run";
  if (atLeast(version, versions.oldestPython)) return undefined;
  return `python3 on PATH is ${version}, older than ${versions.oldestPython}`;
}

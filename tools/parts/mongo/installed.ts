import { executable } from "../executable";
import { answerOf } from "../run";
import type { Answer } from "../sources";
import { atLeast, versions } from "../versions";
import type { MongoProgram } from "./server-program";

/** The `mongod` on PATH, if it is recent enough. */
export async function mongodOnPath(): Promise<Answer<MongoProgram>> {
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

/** The `mongod` of a file, or undefined if it does not run here. */
export async function mongodAt(file: string): Promise<MongoProgram | undefined> {
  const answer = await answerOf(file, "--version");
  const version = answer === undefined ? undefined : /db version v(\S+)/.exec(answer)?.[1];
  if (version === undefined) return undefined;
  return { name: `mongod ${version}`, kind: "mongod", command: [file] };
}

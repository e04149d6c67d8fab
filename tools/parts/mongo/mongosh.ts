import { join } from "node:path";
import { executable } from "../executable";
import { npmSource } from "../npm";
import { answerOf } from "../run";
import { type Answer, choose } from "../sources";
import { atLeast, versions } from "../versions";

/**
 * The file of MongoDB's shell: the one on PATH, else its npm package, kept in the user's cache folder.
 *
 * @throws PartError if there is no way to one
 */
export function mongosh(): Promise<string> {
  const part = {
    ...{ name: "mongosh", version: versions.mongosh, time: "half a minute to two minutes" },
    partIn: (folder: string) => join(folder, "node_modules", ".bin", "mongosh"),
  };
  const advice =
    "Install mongosh (https://www.mongodb.com/docs/mongodb-shell/install/) or npm, and run this again";
  return choose("mongosh", () => mongoshOnPath(), [npmSource(part)], advice);
}

/** The shell on PATH, if it is not too old; else why not. */
export async function mongoshOnPath(path = process.env.PATH ?? ""): Promise<Answer<string>> {
  const file = executable("mongosh", path);
  if (file === undefined) return { missing: "not on PATH" };
  const version = (await answerOf(file, "--version")) ?? "of no known version";
  if (atLeast(version, versions.oldestMongosh)) return { part: file };
  return { missing: `the one on PATH is ${version}, older than ${versions.oldestMongosh}` };
}

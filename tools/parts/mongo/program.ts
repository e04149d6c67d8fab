import { choose } from "../sources";
import { versions } from "../versions";
import { mongodDownload } from "./download";
import { mongodOnPath } from "./installed";
import { secantusdb } from "./secantusdb";
import type { MongoProgram } from "./server-program";

/**
 * The server program: `mongod` on PATH, else MongoDB's official download, else SecantusDB from PyPI
 * in a virtual environment of its own; both are kept in the user's cache folder.
 *
 * @throws PartError if there is no way to one, with what can be installed
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

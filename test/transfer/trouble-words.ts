/** Cases of the room's sentences (words.test.ts) in which MongoDB, the disk or a state directory fails. */
import { MongoServerError } from "mongodb";
import { defaultFolders } from "../../components/contract";
import { ServerTroubleError } from "../../components/mongo";
import { publish, requireWritableState } from "../../components/state";
import { requireSameCutover } from "../../components/transfer/rollback/cutover-record";
import type { Saying } from "../sentences";
import { type StateFiles, writeState } from "./state";

const root = "/state";

/** Trouble of MongoDB and of the disk, with what to do. */
export function troubleCases(): Record<string, Saying> {
  const answers = [
    [13, "Unauthorized"],
    [14031, "OutOfDiskSpace"],
    [8000, "AtlasError"],
    [189, "PrimarySteppedDown"],
    [11000, "DuplicateKey"],
  ] as const;
  const ofMongo = answers.map(([code, codeName]) => {
    const cause = new MongoServerError({ code, codeName, errmsg: "may hold documents" });
    const error = new ServerTroubleError("Reading runs from db.pack_runs", 3, cause);
    return [`MongoDB answers ${codeName}`, () => error.message] as const;
  });
  const ofDisk = ["ENOSPC", "EFBIG", "EROFS", "EACCES"].map((code) => {
    const cause = Object.assign(new Error("no"), { code, syscall: "write" });
    const write = (folder: string) =>
      publish(`${folder}/r.json`, undefined, () => Promise.reject(cause));
    return [`a file that cannot be written: ${code}`, inDirectory({}, write)] as const;
  });
  return Object.fromEntries([...ofMongo, ...ofDisk]);
}

/** State directories that take no record, or are not the one of the cutover, which was recorded at `at`. */
export function directoryCases(at: string): Record<string, Saying> {
  const ofCutover = { cutoverAt: at, ledger: "ledger", electionSeconds: 5 };
  const known = (folder: string) =>
    requireSameCutover({ root: folder, folders: defaultFolders }, ofCutover, undefined);
  const log = { "logs/runs/r": "" };
  const recorded = (fields: object) => inDirectory({ ...log, "cutover.json": fields }, known);
  return {
    "a state directory that takes no record": inDirectory({}, (folder) =>
      requireWritableState({ root: `${folder}/missing`, folders: defaultFolders }),
    ),
    "a state directory that is missing": () => known(root),
    "one without cutover.json": inDirectory(log, known),
    "one with another record": recorded({ at: "2024-01-01T00:00:00.000Z", unfinishedCount: 1 }),
    "one without its runs": recorded({ at, unfinishedCount: 2 }),
    "one whose record cannot be read": inDirectory({ ...log, "cutover.json": "{" }, known),
  };
}

/** What work in a directory says of it, which is named `/state` then. */
function inDirectory(files: StateFiles, work: (folder: string) => Promise<unknown>): Saying {
  return async () => {
    const folder = await writeState(files);
    const failed: unknown = await work(folder).catch((error: unknown) => error);
    return (failed as Error).message.replaceAll(folder, root);
  };
}

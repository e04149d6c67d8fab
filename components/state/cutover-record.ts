import { access, constants, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StateFolderError, WriteError, isMissing } from "./errors";
import type { StateAddress } from "./layout";
import { isFolder } from "./root";
import { ownFiles } from "./own-files";
import { syncFolders, temporaryPath, writeAside } from "./publish";
import type { StepForms } from "./step-forms";

/**
 * The cutover's record in the state directory: from this moment MongoDB is the source of truth
 * (docs/design.md#the-cutovers-record).
 */
export interface CutoverRecord {
  /** When the cutover was recorded, between the drain and the worker's rollout: ISO 8601, UTC. */
  readonly at: string;
  /** The number of unfinished runs on disk at that moment. */
  readonly unfinishedCount: number;
  /** The number of jobs that waited then, and the names of the first twenty; absent if there were none. */
  readonly jobs?: { readonly count: number; readonly names: readonly string[] } | undefined;
  /** The number of the cutover, from 1; absent in a record of an earlier version. */
  readonly cutover?: number;
  /**
   * When the cutover's final pass began; absent if it never began, so that web may have written files since. If the
   * program does not see web, the final pass is the one by command, once it has ended.
   */
  readonly finalPassAt?: string;
  /** When a rollback ended the cutover: from then on the files are the source of truth. Absent until then. */
  readonly endedAt?: string;
  /**
   * Whether that rollback exported nothing, because MongoDB was unreachable. Absent if it exported, or a later export
   * did.
   */
  readonly notExported?: true;
  /** When an export by command after that rollback ended: only then is all exported if the program does not see web. */
  readonly finalExportAt?: string;
  /** The former cutovers of this state directory, oldest first; absent in the first cutover. */
  readonly former?: readonly string[];
  /**
   * The token of the last change of this file. The ledger has it too, unless one of the two was restored, or a write was
   * cut off. Absent in a directory whose record was restored from the ledger.
   */
  readonly token?: CutoverToken | undefined;
  /** The tokens of an earlier version, the newest first: only a cutover that it recorded has them. Never written. */
  readonly tokens?: readonly string[] | undefined;
  /** How the services write enumerations inside `steps`, for an export to a directory without runs. */
  readonly forms?: StepForms;
}

/** Identifies a state of `cutover.json`, and orders it among the others (docs/design.md#copies-and-restores). */
export interface CutoverToken {
  /** One more than the larger number of directory and ledger, from 1. */
  readonly n: number;
  /** Random: two states with one number and different ids have diverged. */
  readonly id: string;
}

/**
 * Reads the record of the last cutover; undefined if no cutover was recorded.
 *
 * @throws StateFolderError if its file is damaged, because then the source of truth is unknown
 */
export async function readCutoverRecord(root: string): Promise<CutoverRecord | undefined> {
  const path = join(root, ownFiles.cutoverRecord);
  try {
    return JSON.parse(await readFile(path, "utf8")) as CutoverRecord;
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new StateFolderError(
      `The record of the last cutover cannot be read: ${path} is not valid JSON. Nothing was written. Restore ` +
        "it from a backup. If there is none, delete it and run " +
        `\`taskrunner-storage export --all --state ${root}\`, which writes it again from the ledger.`,
    );
  }
}

/** The side that is the source of truth after a cutover; undefined before the first one. */
export function sourceOfTruth(
  cutoverRecord: CutoverRecord | undefined,
): "disk" | "mongo" | undefined {
  return cutoverRecord && (cutoverRecord.endedAt === undefined ? "mongo" : "disk");
}

/** The cutover since which MongoDB is the source of truth; undefined without one that is in force. */
export function cutoverInForce(
  cutoverRecord: CutoverRecord | undefined,
): CutoverRecord | undefined {
  return sourceOfTruth(cutoverRecord) === "mongo" ? cutoverRecord : undefined;
}

/**
 * Whether web may work on another store than the truth: in a cutover until its final pass, and after the rollback that
 * ended it.
 */
export function isBetweenRollouts(cutoverRecord: CutoverRecord | undefined): boolean {
  return cutoverRecord?.finalPassAt === undefined || cutoverRecord.endedAt !== undefined;
}

/**
 * What is left to do by command, once both services are deployed, if the program does not see web: web used the former
 * store until then.
 */
export function findFinalPassLeft(
  cutoverRecord: CutoverRecord | undefined,
): "import" | "export" | undefined {
  const truth = sourceOfTruth(cutoverRecord);
  if (truth === "mongo") return cutoverRecord?.finalPassAt === undefined ? "import" : undefined;
  return truth && cutoverRecord?.finalExportAt === undefined ? "export" : undefined;
}

/** The number of the last cutover that ended, by its record; 0 before the first end. */
export function endedCutovers(cutoverRecord: CutoverRecord | undefined): number {
  if (cutoverRecord === undefined) return 0;
  const { cutover = 1, endedAt } = cutoverRecord;
  return endedAt === undefined ? cutover - 1 : cutover;
}

/** Writes a record into the state directory, durably: a reader finds the former record or this one. */
export async function writeCutoverRecord(
  root: string,
  cutoverRecord: CutoverRecord,
): Promise<void> {
  const text = `${JSON.stringify(cutoverRecord, undefined, 2)}\n`;
  await writeAside(join(root, ownFiles.cutoverRecord), (file) => file.writeFile(text));
  await syncFolders([root]);
}

/**
 * Removes the final pass from the record of a cutover in force, because web was on files after it: what web wrote there
 * is then as before the final pass (docs/queue.md#the-window-between-the-rollouts).
 *
 * @param webOnFilesAt when web was found on files, in ISO 8601, UTC
 */
export async function withdrawFinalPass(root: string, webOnFilesAt: string): Promise<void> {
  const { finalPassAt, ...others } = cutoverInForce(await readCutoverRecord(root)) ?? {};
  if (finalPassAt === undefined || finalPassAt > webOnFilesAt) return;
  await writeCutoverRecord(root, others as CutoverRecord);
}

/**
 * Checks, before anything is stopped, that a cutover can write its record into a state directory and a rollback its
 * files into the folders.
 *
 * @param by the check: creates a file in each and deletes it or, in a preview, looks at the permissions
 * @throws WriteError
 */
export async function requireWritableState(
  { root, folders }: StateAddress,
  by: "file" | "permission" = "file",
): Promise<void> {
  const probe = by === "file" ? probeByFile : probeByPermission;
  await probe(join(root, ownFiles.cutoverRecord), join(root, ownFiles.cutoverRecord));
  for (const folder of Object.values(folders)) {
    // A rollback creates a folder that is missing.
    const path = join(root, folder);
    if (await isFolder(path)) await probe(join(path, ownFiles.cutoverRecord), path);
  }
}

async function probeByFile(path: string, named: string): Promise<void> {
  const file = temporaryPath(path);
  await writeFile(file, "").catch(notWritable(named));
  await rm(file).catch(notWritable(named));
}

/** Checks only the permissions of the file's folder. */
async function probeByPermission(file: string, named: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch(notWritable(named));
}

function notWritable(named: string): (error: unknown) => never {
  return (error) => {
    throw new WriteError(
      `Writing ${named}`,
      error,
      "A cutover writes cutover.json and quarantined records there, and a rollback writes its files there. " +
        "Nothing was stopped. " +
        "Give this user write permission in the state directory and its subdirectories.",
    );
  };
}

import { access, constants, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StateFolderError, WriteError, isMissing } from "./errors";
import type { StateAddress } from "./layout";
import { isFolder } from "./root";
import { ownFiles } from "./own-files";
import { syncFolders, temporaryPath, writeAside } from "./publish";
import type { StepForms } from "./step-forms";

/**
 * The fence in the state directory: from this moment MongoDB is the source of truth
 * (docs/design.md#the-cutovers-record).
 */
export interface Fence {
  /** When the fence was recorded, between the drain and the worker's rollout: ISO 8601, UTC. */
  readonly at: string;
  /** The number of unfinished runs on disk at that moment. */
  readonly unfinishedCount: number;
  /** How many jobs waited then, and the first twenty by name; absent if there were none. */
  readonly jobs?: { readonly count: number; readonly names: readonly string[] } | undefined;
  /** The number of the cutover, from 1; absent in a fence of an earlier version. */
  readonly cutover?: number;
  /** When the cutover's final pass began; absent if it never came to it, so that web may have written files since. */
  readonly finalPassAt?: string;
  /** When a rollback ended it: from then on the files are the source of truth. Absent until then. */
  readonly endedAt?: string;
  /** Whether that rollback exported nothing, because it went without MongoDB. Absent if it, or a later export, did. */
  readonly notExported?: true;
  /** The fences of former cutovers of this state directory, oldest first; absent in the first cutover. */
  readonly former?: readonly string[];
  /**
   * The tokens of the last three changes of this file, the newest first. The ledger has the newest too, unless one of the
   * two was restored, or a write was cut off.
   */
  readonly tokens?: readonly string[];
  /** How the services write enumerations inside `steps`, for an export to a directory without runs. */
  readonly forms?: StepForms;
}

/**
 * Reads the fence of the last cutover; undefined if no cutover has reached its fence.
 *
 * @throws StateFolderError if its file is damaged, because then the source of truth is unknown
 */
export async function readFence(root: string): Promise<Fence | undefined> {
  const path = join(root, ownFiles.fence);
  try {
    return JSON.parse(await readFile(path, "utf8")) as Fence;
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new StateFolderError(
      `The fence of the last cutover cannot be read: ${path} is not valid JSON. Nothing was written. Restore ` +
        "it from a backup. If there is none, delete it and run " +
        `\`taskrunner-storage export --all --state ${root}\`, which writes it again from the ledger.`,
    );
  }
}

/** The side that is the source of truth after a cutover; undefined before the first one. */
export function sourceOfTruth(fence: Fence | undefined): "disk" | "mongo" | undefined {
  return fence && (fence.endedAt === undefined ? "mongo" : "disk");
}

/** The fence since which MongoDB is the source of truth; undefined without one that is in force. */
export function fenceInForce(fence: Fence | undefined): Fence | undefined {
  return sourceOfTruth(fence) === "mongo" ? fence : undefined;
}

/** The number of the last cutover that ended, by its fence; 0 before the first end. */
export function endedCutovers(fence: Fence | undefined): number {
  if (fence === undefined) return 0;
  const { cutover = 1, endedAt } = fence;
  return endedAt === undefined ? cutover - 1 : cutover;
}

/** Writes a fence into the state directory, durably: a reader finds the former fence or this one. */
export async function writeFence(root: string, fence: Fence): Promise<void> {
  const text = `${JSON.stringify(fence, undefined, 2)}\n`;
  await writeAside(join(root, ownFiles.fence), (file) => file.writeFile(text));
  await syncFolders([root]);
}

/**
 * Checks, before anything is stopped, that a cutover can write its fence into a state directory and a rollback its
 * files into the folders.
 *
 * @param by how: creates a file in each and deletes it or, in a preview, looks at the permissions
 * @throws WriteError
 */
export async function requireFenceWritable(
  { root, folders }: StateAddress,
  by: "file" | "permission" = "file",
): Promise<void> {
  const probe = by === "file" ? probeByFile : probeByPermission;
  await probe(join(root, ownFiles.fence), join(root, ownFiles.fence));
  for (const folder of Object.values(folders)) {
    // A rollback creates a folder that is missing.
    const path = join(root, folder);
    if (await isFolder(path)) await probe(join(path, ownFiles.fence), path);
  }
}

async function probeByFile(path: string, named: string): Promise<void> {
  const file = temporaryPath(path);
  await writeFile(file, "").catch(notWritable(named));
  await rm(file).catch(notWritable(named));
}

/** Looks only at the permissions of the file's folder. */
async function probeByPermission(file: string, named: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch(notWritable(named));
}

function notWritable(named: string): (error: unknown) => never {
  return (error) => {
    throw new WriteError(
      `Writing ${named}`,
      error,
      "A cutover records its fence and quarantined records there, and a rollback writes its files there. " +
        "Nothing was stopped. " +
        "Give this user write permission in the state directory and its subdirectories.",
    );
  };
}

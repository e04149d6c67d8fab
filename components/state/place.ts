import { fileOf } from "./list";
import { lstat } from "node:fs/promises";
import type { CollectionRole } from "../contract";
import { type StateAddress, type StateFile, fileStems } from "./address";
import { Refusal } from "./errors";
import { firstMember } from "./facts";

/** A run's file of one role, whether it is there or not. */
export interface FilePlace extends StateFile {
  readonly there: boolean;
}

/**
 * The file in which a run's records of one role are or would be. A character that a file name
 * cannot hold is `_` there, so two runs can fit one name: the id inside the run's file decides.
 *
 * @throws Refusal where no file name can stand for the id, or another run has the name
 */
export async function placeOf(
  address: StateAddress,
  role: CollectionRole,
  runId: string,
): Promise<FilePlace> {
  let owner: string | undefined;
  let free: FilePlace | undefined;
  for (const stem of possibleStems(runId)) {
    const inside = await runIdInside(address, stem);
    if (inside !== undefined && inside !== runId) {
      owner = inside;
      continue;
    }
    const place = await lookAt(address, role, stem);
    if (place.there) return place;
    free = inside === undefined ? (free ?? place) : place;
  }
  if (free) return free;
  throw new Refusal("conflict", `run ${owner ?? ""} already has the file name of this run`);
}

/**
 * The stem of a run's file that has a name; undefined if a file of another name is meant. Unlike
 * `placeOf` it trusts whoever knows the name, and reads nothing.
 */
export function stemNamed(
  address: StateAddress,
  role: CollectionRole,
  runId: string,
  name: string | undefined,
): string | undefined {
  return fileStems(runId).find((stem) => fileOf(address, role, stem).name === name);
}

function possibleStems(runId: string): string[] {
  const stems = fileStems(runId);
  const [stem = ""] = stems;
  if (stem === "" || stem.startsWith(".") || Buffer.byteLength(stem) > 200) {
    throw new Refusal("form", "this run id cannot be a file name");
  }
  return stems;
}

/**
 * Looks if the file of a stem is there.
 *
 * @throws Refusal if it is not a regular file
 */
export async function lookAt(
  address: StateAddress,
  role: CollectionRole,
  stem: string,
): Promise<FilePlace> {
  const file = fileOf(address, role, stem);
  const found = await lstat(file.path).catch(() => undefined);
  if (found && !found.isFile()) {
    throw new Refusal("unreadable", `${file.name} is not a regular file`);
  }
  return { ...file, there: found !== undefined };
}

/** The id inside the run's file of a name; undefined if there is none or it cannot be read. */
async function runIdInside(address: StateAddress, stem: string): Promise<string | undefined> {
  const file = await lookAt(address, "runs", stem);
  const id = file.there ? await firstMember(file, "runId") : undefined;
  return typeof id === "string" ? id : undefined;
}

import { setTimeout } from "node:timers/promises";
import type { CollectionRole } from "../contract";
import { Refusal } from "./errors";
import { heldAddresses } from "./held";
import { fileBaseNames, requireNamed, unnamable } from "./base-names";
import { type StateAddress, type StateFile, fileOf, plainRunId } from "./layout";
import { idInside, runIn } from "./run-files";
import { freshMs, maxRereads, pauseMs } from "./runs";
import { type FileStat, lookUp, toFileStat } from "./file-stat";

/** A run's file of one role, with the stat that it had when it was looked up. */
export interface FileLocation extends StateFile {
  /** Undefined if the file did not exist. */
  readonly stat: FileStat | undefined;
}

/**
 * Finds the file that holds, or would hold, a run's records of one role. Two runs can share a base name
 * (`fileBaseNames`): the id inside the run's own file decides which of them has it.
 *
 * @param known the base name of the run's files when both sides last agreed, which need not be one of `fileBaseNames`
 * @throws Refusal if the id cannot be a file name, or another run has the name
 */
export async function locateFile(
  address: StateAddress,
  role: CollectionRole,
  runId: string,
  known?: string,
): Promise<FileLocation> {
  const usual = fileBaseNames(runId);
  if (usual.length === 0) throw unnamable();
  let owner: string | undefined;
  let free: FileLocation | undefined;
  for (const baseName of new Set([...(known === undefined ? [] : [known]), ...usual])) {
    const inside = await runIdInside(address, baseName);
    if (inside !== undefined && inside !== runId) {
      owner = inside;
      continue;
    }
    const location = await lookAt(address, role, baseName);
    if (location.stat !== undefined) return location;
    free = inside === undefined ? (free ?? location) : location;
  }
  if (free) return free;
  throw new Refusal("conflict", `run ${owner ?? ""} already has the file name of this run`);
}

/**
 * Looks up the file of a base name.
 *
 * @throws Refusal if it is not a regular file
 */
export async function lookAt(
  address: StateAddress,
  role: CollectionRole,
  baseName: string,
): Promise<FileLocation> {
  const file = fileOf(address, role, baseName);
  const found = await lookUp(file.path);
  if (found && !found.isFile()) {
    throw new Refusal("unreadable", `${file.name} is not a regular file`);
  }
  return { ...file, stat: found && toFileStat(found) };
}

/**
 * Finds the id of the run to which a base name belongs: the name itself or, if it may be that of another id, the id
 * inside the run's file, held or not. Undefined if there is no such file.
 *
 * @throws Refusal if the run's file does not have the name of the run inside
 */
export async function findRunId(
  address: StateAddress,
  baseName: string,
): Promise<string | undefined> {
  const plain = plainRunId(baseName);
  if (plain !== undefined) return plain;
  for (const location of [address, ...(await heldAddresses(address))]) {
    const id = await runIdInside(location, baseName);
    if (id === undefined) continue;
    requireNamed(id, baseName);
    return id;
  }
  return undefined;
}

async function runIdInside(address: StateAddress, baseName: string): Promise<string | undefined> {
  const file = fileOf(address, "runs", baseName);
  for (let reread = 0; ; reread += 1) {
    const found = await lookUp(file.path);
    if (!found?.isFile()) return undefined;
    const run = await runIn(file);
    const id = run && idInside(run);
    if (id !== undefined) return id;
    if (reread === maxRereads || Date.now() - found.mtimeMs >= freshMs) return undefined;
    await setTimeout(pauseMs);
  }
}

import { lstat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { CollectionRole } from "../contract";
import { Refusal } from "./errors";
import { runIn, toHeldAddress } from "./held";
import { memberOf } from "./json";
import { type StateAddress, type StateFile, fileOf, fileBaseNames } from "./layout";
import { type Stamp, stampIn } from "./publish";

/** A run's file of one role, as it was when it was looked for. */
export interface FilePlace extends StateFile {
  /** Undefined if the file is not there. */
  readonly stamp: Stamp;
}

/**
 * The file in which a run's records of one role are or would be. A character that a file name
 * cannot hold is `_` there, so two runs can fit one name: the id inside the run's file decides.
 *
 * @throws Refusal if no file name can express the id, or another run has the name
 */
export async function placeOf(
  address: StateAddress,
  role: CollectionRole,
  runId: string,
): Promise<FilePlace> {
  const baseNames = fileBaseNames(runId);
  const [first = ""] = baseNames;
  if (first === "" || first.startsWith(".") || Buffer.byteLength(first) > 200) {
    throw new Refusal("form", "this run id cannot be a file name");
  }
  let owner: string | undefined;
  let free: FilePlace | undefined;
  for (const baseName of baseNames) {
    const inside = await runIdInside(address, baseName);
    if (inside !== undefined && inside !== runId) {
      owner = inside;
      continue;
    }
    const place = await lookAt(address, role, baseName);
    if (place.stamp !== undefined) return place;
    free = inside === undefined ? (free ?? place) : place;
  }
  if (free) return free;
  throw new Refusal("conflict", `run ${owner ?? ""} already has the file name of this run`);
}

/**
 * The base name of a run's file that has a name; undefined if a file of another name is meant. Unlike
 * `placeOf` it trusts whoever knows the name, and reads nothing.
 */
export function stemNamed(
  address: StateAddress,
  role: CollectionRole,
  runId: string,
  name: string | undefined,
): string | undefined {
  return fileBaseNames(runId).find((baseName) => fileOf(address, role, baseName).name === name);
}

/**
 * Looks if the file of a base name is there.
 *
 * @throws Refusal if it is not a regular file
 */
export async function lookAt(
  address: StateAddress,
  role: CollectionRole,
  baseName: string,
): Promise<FilePlace> {
  const file = fileOf(address, role, baseName);
  const found = await lstat(file.path, { bigint: true }).catch(() => undefined);
  if (found && !found.isFile()) {
    throw new Refusal("unreadable", `${file.name} is not a regular file`);
  }
  return { ...file, stamp: found && stampIn(found) };
}

/**
 * The id of the run to which a file name belongs. A name has `_` for characters that it cannot contain, so the id
 * inside the run's file of that name, held or not, decides if it fits. Undefined if there is no such file.
 */
export async function findRunId(
  address: StateAddress,
  baseName: string,
): Promise<string | undefined> {
  if (!baseName.includes("_")) return baseName;
  for (const place of [address, toHeldAddress(address)]) {
    const id = await runIdInside(place, baseName);
    if (id?.length !== baseName.length) continue;
    let at = 0;
    while (at < baseName.length && (baseName[at] === "_" || baseName[at] === id[at])) at += 1;
    if (at === baseName.length) return id;
  }
  return undefined;
}

/**
 * A file that was written less than `writtenMs` ago may be half-written, because its writer truncates it first:
 * it is read again, at most so many times, after `pauseMs` (issue #30, number 8).
 */
export const [writtenMs, maxRereads, pauseMs] = [5_000, 2, 1_000];

async function runIdInside(address: StateAddress, baseName: string): Promise<string | undefined> {
  const file = fileOf(address, "runs", baseName);
  for (let reread = 0; ; reread += 1) {
    const found = await lstat(file.path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    const run = await runIn(file);
    const id = run && memberOf(run, "runId");
    if (typeof id === "string") return id;
    if (reread === maxRereads || Date.now() - found.mtimeMs >= writtenMs) return undefined;
    await setTimeout(pauseMs);
  }
}

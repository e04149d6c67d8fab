import { type Stats, close, constants, fstat, lstatSync, open } from "node:fs";
import { lstat } from "node:fs/promises";
import { promisify } from "node:util";
import { look } from "./look";

/** The attributes of a file that a later write changes. */
export interface FileStamp {
  /** In bytes. */
  readonly size: number;
  readonly inode: number;
  /** When its content last changed, when anything of it last changed, and when this was seen; in ms since 1970. */
  readonly modified: number;
  readonly changed: number;
  readonly seen: number;
}

export function toStamp({ size, ino, mtimeMs, ctimeMs }: Stats, seen = Date.now()): FileStamp {
  return { size, inode: ino, modified: mtimeMs, changed: ctimeMs, seen };
}

/** The attributes of a file, which may be a link, as it is now; undefined if it cannot be looked at. */
export async function lookUp(path: string): Promise<Stats | undefined> {
  const options = { bigint: false, throwIfNoEntry: false } as const;
  try {
    return await look(
      () => lstatSync(path, options),
      () => lstat(path, options),
    );
  } catch {
    return undefined;
  }
}

/** The stamp of a file as it is now; undefined if it cannot be looked at. */
export async function readStamp(path: string): Promise<FileStamp | undefined> {
  const seen = Date.now();
  const found = await lookUp(path);
  return found && toStamp(found, seen);
}

/** These avoid a `FileHandle` for each file, which costs three times as much. */
const openFile = promisify(open);
const statFile = promisify(fstat);
const closeFile = promisify(close);

/** Follows no link, and does not block on a pipe. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Looks at a file through `open`, which asks the server of a network file system; `lstat` may be answered
 * from attributes that are cached for a minute (nfs(5), `actimeo`). Undefined if it cannot be opened.
 */
export async function stampByOpening(path: string): Promise<FileStamp | undefined> {
  const seen = Date.now();
  const file = await openFile(path, openFlags).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return toStamp(await statFile(file), seen);
  } finally {
    await closeFile(file);
  }
}

/** Whether a file was there at two looks, and neither written nor replaced between them. */
export function isSameStamp(one: FileStamp | undefined, other: FileStamp | undefined): boolean {
  const fields = ["size", "inode", "modified", "changed"] as const;
  return one !== undefined && fields.every((field) => one[field] === other?.[field]);
}

/** A stamp as text, without the moment of the look: two looks at an unchanged file give one text. */
export function formatStamp({ inode, size, modified, changed }: FileStamp): string {
  return [inode, size, modified, changed].join(":");
}

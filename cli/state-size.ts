import { stat } from "node:fs/promises";
import {
  type StateAddress,
  type StateFolder,
  openStateFolder,
  stateFiles,
} from "../components/state";
import type { CollectionRole } from "../components/contract";
import { sumOf } from "./words";

/** How many files of a kind there are, and how many bytes they hold. */
interface FileCounts {
  files: number;
  bytes: number;
}

/** The filesystem state that an import would read: `root` is absolute. */
interface StateOnDisk extends Record<CollectionRole, FileCounts> {
  readonly root: string;
}

/** Counts the files below a state root by their kind; reads none. */
export async function stateOnDisk(folder: StateFolder): Promise<StateOnDisk> {
  const none = (): FileCounts => ({ files: 0, bytes: 0 });
  const counts = { runs: none(), logs: none(), artifacts: none(), approvals: none() };
  for await (const { role, path } of stateFiles(folder, { hidden: 0, temporary: 0, links: 0 })) {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    counts[role].files += 1;
    counts[role].bytes += found?.size ?? 0;
  }
  return { root: folder.root, ...counts };
}

/** How many bytes of state there are below a root. */
interface StateSize {
  /** Undefined until all files are counted. */
  bytes?: number;
}

/** Counts the bytes below a root beside the real work. */
export function countState(address: StateAddress): StateSize {
  const size: StateSize = {};
  const count = async () => {
    const onDisk = await stateOnDisk(await openStateFolder(address));
    size.bytes = sumOf(onDisk, "bytes");
  };
  // A root that cannot be used is an error of the work itself.
  count().catch(() => undefined);
  return size;
}

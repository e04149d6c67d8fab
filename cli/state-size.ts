import { stat } from "node:fs/promises";
import { type StateAddress, requireState, stateFiles } from "../components/state";
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

/** Counts the files below a state directory by their kind; reads none. */
export async function stateOnDisk(address: StateAddress): Promise<StateOnDisk> {
  const none = (): FileCounts => ({ files: 0, bytes: 0 });
  const counts = { runs: none(), logs: none(), artifacts: none(), approvals: none() };
  for await (const { role, path } of stateFiles(address)) {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    counts[role].files += 1;
    counts[role].bytes += found?.size ?? 0;
  }
  return { root: address.root, ...counts };
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
    await requireState(address);
    size.bytes = sumOf(await stateOnDisk(address), "bytes");
  };
  // A root that cannot be used is an error of the work itself.
  count().catch(() => undefined);
  return size;
}

import { stat } from "node:fs/promises";
import { stateFiles, type StateFolder } from "../components/backfill";
import type { CollectionRole } from "../components/contract";

/** How many files of a kind there are, and how many bytes they hold. */
interface FileCounts {
  files: number;
  bytes: number;
}

/** The filesystem state that an import would read: `root` is absolute. */
export interface StateOnDisk extends Record<CollectionRole, FileCounts> {
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

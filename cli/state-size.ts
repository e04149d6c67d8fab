import { stat } from "node:fs/promises";
import { byRole, type CollectionRole } from "../components/contract";
import { type StateAddress, stateFiles } from "../components/state";

/** How many files of a kind there are below a state directory, and how many bytes they hold. */
type StateSize = Record<CollectionRole, { files: number; bytes: number }>;

/** Counts the files below a state directory by their kind; reads none. */
export async function sizeOfState(address: StateAddress): Promise<StateSize> {
  const counts = byRole(() => ({ files: 0, bytes: 0 }));
  for await (const { role, path } of stateFiles(address)) {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    counts[role].files += 1;
    counts[role].bytes += found?.size ?? 0;
  }
  return counts;
}

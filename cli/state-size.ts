import { stat } from "node:fs/promises";
import { byRole, type CollectionRole } from "../components/contract";
import { type StateAddress, type StateFile, ahead, stateFiles } from "../components/state";

/** How many files of a kind there are below a state directory, and how many bytes they hold. */
type StateSize = Record<CollectionRole, { files: number; bytes: number }>;

/** So many files are looked at once: on a volume across a network each takes a millisecond or two. */
const filesAtOnce = 64;

/** Counts the files below a state directory by their kind; reads none. */
export async function sizeOfState(address: StateAddress): Promise<StateSize> {
  const counts = byRole(() => ({ files: 0, bytes: 0 }));
  const look = async ({ role, path }: StateFile) => {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    return { role, size: found?.size ?? 0 };
  };
  for await (const { role, size } of ahead(stateFiles(address), filesAtOnce, look)) {
    counts[role].files += 1;
    counts[role].bytes += size;
  }
  return counts;
}

import { openStateFolder, type StateAddress } from "../components/backfill";
import { stateOnDisk } from "./state-on-disk";
import { sumOf } from "./words";

/** How many bytes of state there are below a root; grows while the files are counted. */
export interface StateSize {
  /** Undefined until all files are counted. */
  bytes?: number;
}

/** Counts the bytes below a root beside the real work. */
export function countState(address: StateAddress): StateSize {
  const size: StateSize = {};
  sizeOf(address).then(
    (bytes) => {
      size.bytes = bytes;
    },
    // A root that cannot be used is an error of the work itself.
    () => undefined,
  );
  return size;
}

async function sizeOf(address: StateAddress): Promise<number> {
  const onDisk = await stateOnDisk(await openStateFolder(address));
  return sumOf(onDisk, "bytes");
}

import { stat } from "node:fs/promises";
import { openStateFolder, type StateAddress, stateFiles } from "../components/backfill";

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
  const folder = await openStateFolder(address);
  let bytes = 0;
  for await (const { path } of stateFiles(folder, { hidden: 0, temporary: 0, links: 0 })) {
    const found = await stat(path).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}

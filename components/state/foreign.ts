import { scopeFile } from "./delta-scope";
import { fenceFile } from "./fence";
import { conflictsFolder, heldFolder } from "./held";
import { type StateAddress, quarantineFile } from "./layout";
import { supersededFolder } from "./move";
import { type Skipped, skipForeign } from "./skipped";

const ownFiles = [fenceFile, quarantineFile, scopeFile];
const ownFolders = [heldFolder, conflictsFolder, supersededFolder];

/** Counts the files next to the stores' folders that belong to no store; `filesOf` counts those in the folders. */
export async function skipBesideStores(address: StateAddress, skipped: Skipped): Promise<void> {
  await skipForeign(address, skipped, "", [...ownFiles, ...ownFolders]);
}

import { join } from "node:path";
import { type Store, defaultFolders } from "../contract";
import { mapLimit } from "./concurrency";
import { StateFolderError } from "./errors";
import { cutoverInForce, readCutoverRecord } from "./cutover-record";
import type { JsonObject } from "./json";
import { type StateAddress, filesOf } from "./layout";
import { isFolder } from "./root";
import { readableRunIn } from "./run-files";
import { hasComeTo, isGate } from "./unfinished";

/** Maximum number of runs read at once. */
const runsAtOnce = 16;

/** The progress of a run that has files in a store. */
const needs = {
  logs: ["executed a step", (run: JsonObject) => hasComeTo(run)],
  approvals: ["reached a step with an approval", (run: JsonObject) => hasComeTo(run, isGate)],
} as const;

/**
 * Checks, before anything is stopped, that a cutover leaves out no store. Services create a folder at first use, so a
 * missing one is an error only if a run has used it. An export creates it. While a cutover is in force, the files may
 * have been deleted.
 *
 * @param hasApprovals whether approvals have a collection; if not, their files stay as they are
 * @throws StateFolderError that names the setting
 */
export async function requireStores(address: StateAddress, hasApprovals: boolean): Promise<void> {
  const { root, folders } = address;
  if (cutoverInForce(await readCutoverRecord(root))) return;
  await requireRuns(address);
  for (const store of ["logs", "approvals"] as const) {
    const folder = folders[store];
    if (folder === undefined || (await isFolder(join(root, folder)))) continue;
    const [what, isNeeded] = needs[store];
    const file = await findRun(address, isNeeded);
    // The services may have created it meanwhile.
    if (file === undefined || (await isFolder(join(root, folder)))) continue;
    throw new StateFolderError(
      `The state directory ${root} has no directory ${folder}, but the run in ${file} has ${what}: its ${store} ` +
        `would be left out. Nothing was stopped. Set backfill.source.folders.${store} to the directory that has ` +
        `them, or to none if the services do not have this store.`,
    );
  }
  for (const store of Object.keys(defaultFolders) as Store[]) {
    const isUsed = Object.values<string>(folders).includes(defaultFolders[store]);
    if (folders[store] !== undefined || isUsed) continue;
    if (store === "approvals" && !hasApprovals) continue;
    for await (const [file] of filesOf({ root, folders: defaultFolders }, store)) {
      throw new StateFolderError(
        `backfill.source.folders.${store} is none, but ${root} has ${file?.name ?? ""}, which would be left out. Nothing was ` +
          `stopped. Remove the setting, or move the directory ${defaultFolders[store]} away.`,
      );
    }
  }
}

/** Services write a log before its run, and never delete the directory. */
async function requireRuns(address: StateAddress): Promise<void> {
  const { root, folders } = address;
  const hasRuns = () => isFolder(join(root, folders.runs));
  if (await hasRuns()) return;
  for await (const [file] of filesOf(address, "logs")) {
    // The services may have created it meanwhile.
    if (await hasRuns()) return;
    throw new StateFolderError(
      `The state directory ${root} has no directory ${folders.runs}, but the log ${file?.name ?? ""}: its run would be left out. ` +
        "Nothing was stopped. Set backfill.source.folders.runs to the directory that has it.",
    );
  }
}

async function findRun(
  address: StateAddress,
  isWanted: (run: JsonObject) => boolean,
): Promise<string | undefined> {
  for await (const files of filesOf(address, "runs")) {
    const found = await mapLimit(runsAtOnce, files, async (file) => {
      // The import quarantines unreadable files.
      const run = await readableRunIn(file);
      return run && isWanted(run) ? [file.name] : [];
    });
    const [first] = found.flat();
    if (first !== undefined) return first;
  }
  return undefined;
}

import { join } from "node:path";
import type { Db } from "mongodb";
import { basesIn, hasBases } from "../bases";
import { StateFolderError } from "../errors";
import { heldFolder } from "../held";
import { withRetries } from "../server-trouble";
import { stateFiles } from "../stages/list";
import { openStateFolder, type StateAddress, type StateFolder } from "../state-folder";
import type { Fence } from "./fence";

/** What tells that there were runs on disk. */
export interface KnownRuns {
  readonly fence: Fence | undefined;
  /** Where bases are kept; undefined where MongoDB is out of reach. */
  readonly database?: Db;
  /** The name of the collection with bases: the setting `advanced.checkpoints`. */
  readonly checkpoints: string;
}

/**
 * Looks at the folder to which the way back goes, which must be the one that the cutover came from:
 * an export would fill any other, such as the mount point of a volume that is not there, and the
 * worker would go on from its own stale files.
 *
 * @throws StateFolderError where it is missing, or has no run although there were some
 */
export async function requireState(address: StateAddress, known: KnownRuns): Promise<StateFolder> {
  const folder = await openedState(address);
  const found = (await hasRun(folder)) ? undefined : await whoKnows(known);
  if (found === undefined) return folder;
  const { root, layout } = address;
  throw new StateFolderError(
    `The state root ${root} has no run's file in ${layout.runs}, although ${found}. Nothing was ` +
      `written, because the services' files are elsewhere: mount the whole state there, where this ` +
      `runs. Where its runs are lost, \`taskrunner-storage export --to ${root}\` makes it anew first.`,
  );
}

async function openedState(address: StateAddress): Promise<StateFolder> {
  try {
    return await openStateFolder(address);
  } catch (error) {
    if (!(error instanceof StateFolderError)) throw error;
    throw new StateFolderError(
      `${error.message} The way back writes to the files that the services have: mount them there, ` +
        "where this runs.",
    );
  }
}

/** A run that is set aside is one as well. */
async function hasRun({ root, layout }: StateFolder): Promise<boolean> {
  const skipped = { hidden: 0, temporary: 0, links: 0 };
  const folders = [root, join(root, heldFolder)].map((one) => ({
    role: "runs" as const,
    path: join(one, layout.runs),
  }));
  for await (const { role } of stateFiles({ root, layout, folders }, skipped)) {
    if (role === "runs") return true;
  }
  return false;
}

/** What says that there must be runs, in words. */
async function whoKnows({ fence, database, checkpoints }: KnownRuns): Promise<string | undefined> {
  if (fence && fence.unfinished.length > 0) return `the cutover at ${fence.at} found some there`;
  if (!database) return undefined;
  const bases = basesIn(database, checkpoints);
  const look = () => hasBases(bases, "runs");
  const has = await withRetries(`Reading bases in ${bases.namespace}`, look);
  return has ? "runs were imported from there" : undefined;
}

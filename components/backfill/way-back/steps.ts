import {
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoServerSelectionError,
  type Db,
} from "mongodb";
import { ConnectionError, databaseAt, membersWithoutPrimary } from "../../connection";
import { requireFence } from "../../ledger";
import { NoPrimary } from "../errors";
import { exportState } from "../export";
import type { ExportSides } from "../export/export-run";
import type { ExportReport } from "../export/report";
import { heldRuns, holdRuns, putBack } from "../held";
import type { StateAddress, StateFolder } from "../state-folder";
import { unfinishedIn, type Fence } from "./fence";
import { requireState } from "./require-state";

/** What the way back did. */
export interface WayBack {
  /** What was exported; absent where MongoDB was out of reach. */
  readonly exported?: Exported;
  /** Why nothing was exported; names hosts, never secrets. */
  readonly outOfReach?: string;
  /** The runs that are set aside now, so that no step of them is executed again. */
  readonly held: readonly string[];
  /** The runs that should have been moved and were not, because another file has the place. */
  readonly inTheWay: readonly string[];
}

/** A report without the runs that were held because of it, or released. */
export type Exported = Omit<ExportReport, "behind" | "inTheWay">;

/** How long a preview looks for a primary, in s. */
const previewSeconds = 5;

/** What the way back works on. */
export interface WayBackOptions {
  /** The connection string, secret; undefined: MongoDB is out of reach. */
  readonly uri: string | undefined;
  readonly name: string | undefined;
  readonly fence: Fence | undefined;
  /** The collection of the migration's record, in which the fence is noted. */
  readonly ledger: string;
  readonly heldRuns: "hold" | "release";
  /** How long a primary is waited for, because an election may be under way, in s. */
  readonly electionSeconds: number;
  /** The moment of the fence, if what changed in MongoDB since is given up where it has no primary. */
  readonly abandonMongo?: string | undefined;
  /** Whether the services work on the files again, after a way back that exported nothing. */
  readonly isLater?: boolean;
  /** Told, as a line, that MongoDB is waited for. */
  readonly watch?: (line: string) => void;
}

/**
 * Exports what changed in MongoDB. Where a cutover came as far as the fence, sets runs aside that would
 * be executed from older files: those that could not be exported, or, where no member of MongoDB
 * answers after `electionSeconds`, all that are unfinished on disk. To be called while no worker runs, or later, when none
 * is set aside any more: the worker may be at work on it.
 *
 * @throws NoPrimary where members answer without a primary, and `abandonMongo` does not name the fence
 * @throws FenceMissing where the database is not the one of the fence: nothing was exported
 * @throws StateFolderError where the state root is not the state that the cutover left
 * @throws ExportError where files cannot be written
 */
export async function goBack(
  sides: Omit<ExportSides, "database">,
  options: WayBackOptions,
): Promise<WayBack> {
  const database = await reached(options);
  if (typeof database !== "string") {
    await requireOwn(database, options);
    const folder = await requireState(sides, { ...options, ...sides, database });
    // A MongoDB that does not have a run that was set aside is a new one: the former may be lost.
    const report = await exportState({ ...sides, database, holdUnknown: true });
    const { behind, inTheWay, ...exported } = report;
    return { exported, ...(await setAside(folder, sides, options, { behind, inTheWay })) };
  }
  const folder = await requireState(sides, { ...options, ...sides });
  // Not only those of the fence: what web wrote to files after it came to MongoDB by the final
  // import, and steps of it were executed there.
  const behind = await unfinishedIn(folder);
  const moved = await setAside(folder, sides, options, { behind, inTheWay: [] });
  return { outOfReach: database, ...moved };
}

/** An export from another database would leave the files as old as the cutover. */
async function requireOwn(
  database: Db,
  { fence, ledger }: Pick<WayBackOptions, "fence" | "ledger">,
): Promise<void> {
  if (fence) await requireFence(database, ledger, fence.at);
}

/** What a way back without MongoDB would leave behind, and which runs it would set aside. */
export interface Foreseen {
  /** Why nothing would be exported; names hosts, never secrets. */
  readonly outOfReach: string;
  /** The runs that are unfinished on disk. */
  readonly unfinished: readonly string[];
}

/**
 * What a way back would find now; nothing is changed. Undefined where MongoDB answers.
 *
 * @throws NoPrimary where members answer without a primary
 * @throws FenceMissing where the database is not the one of the fence
 * @throws StateFolderError where the state root is not the state that the cutover left
 */
export async function foresee(
  sides: StateAddress & Pick<ExportSides, "checkpoints">,
  options: Omit<WayBackOptions, "heldRuns" | "electionSeconds">,
): Promise<Foreseen | undefined> {
  const database = await reached({ ...options, electionSeconds: previewSeconds });
  if (typeof database !== "string") {
    await requireOwn(database, options);
    await requireState(sides, { ...options, ...sides, database });
    return undefined;
  }
  const folder = await requireState(sides, { ...options, ...sides });
  return { outOfReach: database, unfinished: await unfinishedIn(folder) };
}

/**
 * Sets aside what would be executed from files that are behind. Without a fence no worker went on in
 * MongoDB, or one is at work on the files already.
 */
async function setAside(
  folder: StateFolder,
  address: StateAddress,
  { fence, heldRuns: wish, isLater = false }: WayBackOptions,
  found: Pick<ExportReport, "behind" | "inTheWay">,
): Promise<Pick<WayBack, "held" | "inTheWay">> {
  const moved =
    wish === "release"
      ? await putBack(address, await heldRuns(address))
      : await holdRuns(folder, fence && !isLater ? found.behind : []);
  const inTheWay = new Set([...found.inTheWay, ...moved.inTheWay]);
  const held = (await heldRuns(address)).map(({ runId }) => runId);
  return { held: held.filter((runId) => !inTheWay.has(runId)), inTheWay: [...inTheWay] };
}

type Reach = Pick<
  WayBackOptions,
  "uri" | "name" | "fence" | "electionSeconds" | "abandonMongo" | "watch"
>;

/**
 * The database once it has a primary, else why no member of it answers.
 *
 * @throws NoPrimary where members answer without a primary, which may be an election that goes on
 */
async function reached(reach: Reach): Promise<Db | string> {
  const { uri, name, electionSeconds, watch } = reach;
  if (!uri || !name) return "No connection string is configured.";
  const ms = electionSeconds * 1_000;
  const late = setTimeout(() => watch?.(waiting(electionSeconds)), saidAfterMs);
  try {
    const database = await databaseAt({ uri, database: name }, { selectionTimeoutMs: ms });
    // The connection may be an older one, of which the server has gone.
    await database.command({ ping: 1 }, { signal: AbortSignal.timeout(ms) });
    return database;
  } catch (error) {
    return whyLost(error, reach);
  } finally {
    clearTimeout(late);
  }
}

/** After so long a wait it is told, in ms. */
const saidAfterMs = 2_000;

const waiting = (seconds: number) =>
  `MongoDB does not answer yet: waiting up to ${seconds} s for a primary.`;

function whyLost(error: unknown, { fence, abandonMongo, electionSeconds }: Reach): string {
  const members =
    error instanceof ConnectionError ? error.withoutPrimary : membersWithoutPrimary(error);
  // The stage behind web has no fence of its own: the first one answered for it.
  const isAbandoned = abandonMongo !== undefined && abandonMongo === (fence?.at ?? abandonMongo);
  if (members.length > 0 && !isAbandoned) {
    throw new NoPrimary(members, electionSeconds, fence?.at);
  }
  if (error instanceof ConnectionError) return error.message;
  if (isGone(error)) return `MongoDB does not answer any more: ${error.message}.`;
  throw error;
}

function isGone(error: unknown): error is Error {
  return (
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNetworkError ||
    error instanceof MongoOperationTimeoutError
  );
}

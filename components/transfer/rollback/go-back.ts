import {
  type Db,
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoServerSelectionError,
} from "mongodb";
import { ConnectionError, databaseAt, membersWithoutPrimary } from "../../mongo";
import { type StateAddress, heldRuns, holdRuns, putBack, readFence } from "../../state";
import { NoPrimary } from "../errors";
import { exportState } from "../export/export";
import type { ExportReport } from "../export/report";
import type { ExportSides } from "../export/run";
import { type Witnessed, endFence, requireWitnesses, unfinishedIn } from "./witnesses";

/** What a rollback did. */
export interface RollbackReport {
  /** What was exported; absent where MongoDB was out of reach. */
  readonly exported?: Exported;
  /** Why nothing was exported; names hosts, never secrets. */
  readonly outOfReach?: string;
  /** The runs that are held now, so that no step of them is executed again. */
  readonly held: readonly string[];
  /** The runs that should have been moved and were not, because another file has the place. */
  readonly inTheWay: readonly string[];
}

/** A report without the runs that were held because of it, or released. */
export type Exported = Omit<ExportReport, "behind" | "inTheWay">;

/** How long a preview looks for a primary, in s. */
const previewSeconds = 5;

/** What a rollback works on. */
export interface RollbackOptions {
  /** The connection string, secret; undefined: MongoDB is out of reach. */
  readonly uri: string | undefined;
  readonly name: string | undefined;
  /** When the stack's cutover drew its fence, in ISO 8601; undefined by hand: the files know. */
  readonly fencedAt: string | undefined;
  /** The collection of the migration's record, in which the fence is noted. */
  readonly ledger: string;
  readonly heldRuns: "hold" | "release";
  /** How long a primary is waited for, because an election may be under way, in s. */
  readonly electionSeconds: number;
  /** The moment of the fence, if what changed in MongoDB since is given up where it has no primary. */
  readonly abandonMongo?: string | undefined;
  /** Told, as a line, that MongoDB is waited for. */
  readonly watch?: (line: string) => void;
}

/**
 * Exports what changed in MongoDB. Where the fence is not ended yet, holds runs that would be executed
 * from older files: those that could not be exported, or, where no member of MongoDB answers after
 * `electionSeconds`, all that are unfinished on disk; then it ends the fence. Later none is held any
 * more: the worker may be at work on it.
 *
 * @throws NoPrimary where members answer without a primary, and `abandonMongo` does not name the fence
 * @throws FenceMissing where the database is not the one of the fence: nothing was exported
 * @throws StateFolderError where the state root is not the state that the cutover left
 * @throws ExportError where files cannot be written
 */
export async function goBack(
  sides: Omit<ExportSides, "database">,
  options: RollbackOptions,
): Promise<RollbackReport> {
  const database = await reached(sides.root, options);
  const isReached = typeof database !== "string";
  const found = await requireWitnesses(sides, options, isReached ? database : undefined);
  const report = isReached
    ? await exported(sides, options, found, database)
    : await leftBehind(sides, options, found, database);
  await endFence(sides.root, found.fence);
  return report;
}

async function exported(
  sides: Omit<ExportSides, "database">,
  options: RollbackOptions,
  found: Witnessed,
  database: Db,
): Promise<RollbackReport> {
  // A MongoDB that does not have a run that was held is a new one: the former may be lost.
  const report = await exportState({ ...sides, database, holdUnknown: true });
  const { behind, inTheWay, ...rest } = report;
  return { exported: rest, ...(await setAside(sides, options, found, { behind, inTheWay })) };
}

async function leftBehind(
  sides: StateAddress,
  options: RollbackOptions,
  found: Witnessed,
  outOfReach: string,
): Promise<RollbackReport> {
  // Not only those of the fence: what web wrote to files after it came to MongoDB by the second
  // handover, and steps of it were executed there.
  const behind = await unfinishedIn(found.folder);
  return { outOfReach, ...(await setAside(sides, options, found, { behind, inTheWay: [] })) };
}

/** What a rollback without MongoDB would leave behind, and which runs it would hold. */
export interface Foreseen {
  /** Why nothing would be exported; names hosts, never secrets. */
  readonly outOfReach: string;
  /** The runs that are unfinished on disk. */
  readonly unfinished: readonly string[];
}

/**
 * What a rollback would find now; nothing is changed. Undefined where MongoDB answers.
 *
 * @throws NoPrimary where members answer without a primary
 * @throws FenceMissing where the database is not the one of the fence
 * @throws StateFolderError where the state root is not the state that the cutover left
 */
export async function foresee(
  sides: StateAddress,
  options: Omit<RollbackOptions, "heldRuns" | "electionSeconds">,
): Promise<Foreseen | undefined> {
  const wanted = { ...options, electionSeconds: previewSeconds };
  const database = await reached(sides.root, wanted);
  const isReached = typeof database !== "string";
  const { folder } = await requireWitnesses(sides, options, isReached ? database : undefined);
  return isReached ? undefined : { outOfReach: database, unfinished: await unfinishedIn(folder) };
}

/** Holds what would be executed from files that are behind, while the fence is not ended. */
async function setAside(
  address: StateAddress,
  { heldRuns: wish }: RollbackOptions,
  { folder, fence }: Witnessed,
  found: Pick<ExportReport, "behind" | "inTheWay">,
): Promise<Pick<RollbackReport, "held" | "inTheWay">> {
  const isOpen = fence !== undefined && fence.endedAt === undefined;
  const moved =
    wish === "release"
      ? await putBack(address, await heldRuns(address))
      : await holdRuns(folder, isOpen ? found.behind : []);
  const inTheWay = new Set([...found.inTheWay, ...moved.inTheWay]);
  const held = (await heldRuns(address)).map(({ runId }) => runId);
  return { held: held.filter((runId) => !inTheWay.has(runId)), inTheWay: [...inTheWay] };
}

type Reach = Pick<
  RollbackOptions,
  "uri" | "name" | "fencedAt" | "electionSeconds" | "abandonMongo" | "watch"
>;

/**
 * The database once it has a primary, else why no member of it answers.
 *
 * @throws NoPrimary where members answer without a primary, which may be an election that goes on
 */
async function reached(root: string, reach: Reach): Promise<Db | string> {
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
    return whyLost(error, reach, reach.fencedAt ?? (await readFence(root))?.at);
  } finally {
    clearTimeout(late);
  }
}

/** After so long a wait it is told, in ms. */
const saidAfterMs = 2_000;

const waiting = (seconds: number) =>
  `MongoDB does not answer yet: waiting up to ${seconds} s for a primary.`;

function whyLost(
  error: unknown,
  { abandonMongo, electionSeconds }: Reach,
  fencedAt: string | undefined,
): string {
  const members =
    error instanceof ConnectionError ? error.withoutPrimary : membersWithoutPrimary(error);
  const isAbandoned = abandonMongo !== undefined && abandonMongo === fencedAt;
  if (members.length > 0 && !isAbandoned) throw new NoPrimary(members, electionSeconds, fencedAt);
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

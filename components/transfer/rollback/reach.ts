import { type Db, type Document, MongoError, ReadConcern } from "mongodb";
import { recordExport } from "../../ledger";
import {
  ConnectionError,
  ServerTroubleError,
  answerIn,
  databaseAt,
  membersWithoutPrimary,
  readingAfter,
  withRetries,
} from "../../mongo";
import type { ExportSides } from "../export/sides";

/** Options of the search for a current primary. */
export interface PrimaryOptions {
  /** The connection string, secret; undefined: MongoDB is unreachable. */
  readonly uri: string | undefined;
  readonly name: string | undefined;
  /** When the stack's cutover was recorded, in ISO 8601; undefined by hand: `cutover.json` may have it. */
  readonly cutoverAt: string | undefined;
  /** The cutover that the rollback ends, from 1; absent if it is not known. */
  readonly ended?: number | undefined;
  /** How long to wait for a primary, in s, because an election may be under way. */
  readonly electionSeconds: number;
  /** The cutover whose later changes in MongoDB are given up: MongoDB is not queried. */
  readonly abandonMongo?: string | undefined;
  /** The cutover since which the primary's data is exported without a majority. */
  readonly exportUnconfirmed?: string | undefined;
  /** The collection of the migration's record: the setting `advanced.ledger`. */
  readonly ledger: string;
  /** Receives a line while the rollback waits for MongoDB. */
  readonly watch?: (line: string) => void;
}

/** Options of the confirmation that a primary is current. */
export type Confirmation = Pick<
  PrimaryOptions,
  "ledger" | "cutoverAt" | "ended" | "electionSeconds" | "exportUnconfirmed"
>;

/**
 * MongoDB answers but cannot be read: no member becomes the primary for longer than an election takes, or it refuses this
 * user or this machine. Nothing was exported or held: the reader decides whether MongoDB is lost
 * (docs/design.md#a-current-primary).
 */
export class MongoUnreadableError extends Error {
  override readonly name = "MongoUnreadableError";

  /**
   * @param found MongoDB's answer, as a sentence
   * @param ready the condition for the next attempt
   * @param cutoverAt when the cutover was recorded, for `advanced.abandonMongo`; in ISO 8601
   */
  constructor(
    readonly found: string,
    ready: string,
    cutoverAt: string | undefined,
  ) {
    super(
      `${found} Nothing was exported or held. When ${ready}, run pulumi up again, which exports everything. ` +
        "If MongoDB is lost, " +
        (cutoverAt === undefined
          ? "stop its members, and run pulumi up again."
          : `set advanced.abandonMongo: "${cutoverAt}" and run pulumi up again, which gives up what changed ` +
            "there and holds the unfinished runs."),
    );
  }
}

type PrimaryResult =
  | { readonly database: Db; readonly unreachable?: undefined }
  | { readonly database?: undefined; readonly unreachable: string };

/** How long a preview and a bulk pass look for a primary, in s: a later pass waits longer. */
export const briefSeconds = 5;

/** Addresses at which no member answered a pass in time. All passes of one `pulumi up` share this process. */
const silent = new Set<string>();

/**
 * Waits for a primary as long as an election may take. If no member answered an earlier pass of this process, no
 * election is under way, so this pass looks only briefly.
 *
 * @throws MongoUnreadableError as `findPrimary`
 */
export async function waitForPrimary(options: PrimaryOptions): Promise<PrimaryResult> {
  const { uri = "", electionSeconds } = options;
  const wasSilent = silent.has(uri);
  try {
    const brief = Math.min(briefSeconds, electionSeconds);
    const found = await findPrimary(options, wasSilent ? brief : electionSeconds);
    if (found.database) silent.delete(uri);
    else silent.add(uri);
    return found;
  } catch (error) {
    // A member answers again, so an election may be under way.
    if (!wasSilent || !(error instanceof MongoUnreadableError)) throw error;
    silent.delete(uri);
    return findPrimary(options, electionSeconds);
  }
}

/** Delay in ms before a line reports the wait. */
const saidAfterMs = 2_000;

/**
 * Looks for a primary.
 *
 * @param seconds how long
 * @throws MongoUnreadableError if MongoDB answers but cannot be read, for example during an election or with a wrong
 *   password
 */
export async function findPrimary(
  options: Omit<PrimaryOptions, "electionSeconds">,
  seconds: number,
): Promise<PrimaryResult> {
  const { uri, name, abandonMongo, cutoverAt, watch } = options;
  if (abandonMongo !== undefined && abandonMongo === cutoverAt) {
    return { unreachable: "MongoDB was not asked, because advanced.abandonMongo gives it up." };
  }
  if (!uri || !name) return { unreachable: "No connection string is configured." };
  const line = `MongoDB does not answer yet: waiting up to ${seconds} s for a primary.`;
  const late = setTimeout(() => watch?.(line), saidAfterMs);
  try {
    const ms = seconds * 1_000;
    const database = await databaseAt({ uri, database: name }, { selectionTimeoutMs: ms });
    // The connection may be an older one, whose server is gone.
    await database.command({ ping: 1 }, { signal: AbortSignal.timeout(ms) });
    return { database };
  } catch (error) {
    return { unreachable: explainLoss(error, seconds, cutoverAt) };
  } finally {
    clearTimeout(late);
  }
}

/**
 * Confirms that a server is the primary and current; on a sharded cluster, for the ledger's shard. A majority's data
 * may be hours behind, and the member that answers may have been deposed (MongoDB's manual, "Read Concern majority").
 *
 * @returns the database, whose reads include every write acknowledged before, or else the primary's own data
 * @throws MongoUnreadableError if it is not the primary, or no majority acknowledges a write within `electionSeconds`
 */
export async function confirmPrimary(
  database: Db,
  { ledger, cutoverAt, ended, electionSeconds: seconds, exportUnconfirmed }: Confirmation,
): Promise<Pick<ExportSides, "database" | "isUnconfirmed">> {
  const { client, databaseName } = database;
  const timeoutMs = seconds * 1_000;
  let hello: Document = {};
  const prove = async () => {
    hello = await database.command({ hello: 1 });
    // An election may be under way, so retry.
    if (hello.isWritablePrimary !== true) throw new MongoError("it answered as a secondary");
    return recordExport(database, ledger, { at: cutoverAt, ended }, timeoutMs);
  };
  try {
    const after = await withRetries(`Writing to ${ledger}`, prove, { retryMs: timeoutMs });
    return { database: after ? readingAfter(database, after) : database };
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    if (hello.isWritablePrimary !== true) {
      const found = `MongoDB has no primary: ${client.options.hosts.join(", ")} answered as a secondary.`;
      throw new MongoUnreadableError(found, "MongoDB has a primary", cutoverAt);
    }
    if (exportUnconfirmed !== undefined && exportUnconfirmed === cutoverAt) {
      const readConcern = new ReadConcern("local");
      return { database: client.db(databaseName, { readConcern }), isUnconfirmed: true };
    }
    const target = `${databaseName}.${ledger}`;
    throw new MongoUnreadableError(
      (error.isRefused
        ? `MongoDB refused a write to ${target}: ${error.found}. It must accept one`
        : `No majority of MongoDB's members acknowledged a write to ${target}: ${error.found}. If a member is lost, ` +
          "remove it with rs.remove. A majority must acknowledge a write") +
        " before its data is known to be current. To export the primary's data, which a majority may never " +
        `have, set advanced.exportUnconfirmed to the moment of the cutover (${cutoverAt ?? "none"}) and run it again.`,
      "a majority acknowledges writes",
      cutoverAt,
    );
  }
}

function explainLoss(error: unknown, seconds: number, cutoverAt: string | undefined): string {
  const isConnection = error instanceof ConnectionError;
  const members = isConnection ? error.withoutPrimary : membersWithoutPrimary(error);
  if (members.length > 0) {
    throw new MongoUnreadableError(
      `MongoDB has no primary: ${members.join(", ")} answered, but none became the primary within ${seconds} s.`,
      "MongoDB has a primary",
      cutoverAt,
    );
  }
  const answer = isConnection ? error.answer : answerIn(error);
  if (answer !== undefined) {
    const found = `MongoDB answered, but cannot be read: ${answer}. ${checkAccess}`;
    throw new MongoUnreadableError(found, "it can be read", cutoverAt);
  }
  if (isConnection) return error.message;
  // An abort has the platform's own error.
  if (error instanceof MongoError || error instanceof DOMException) {
    return `MongoDB cannot be read any more: ${error.message}.`;
  }
  throw error;
}

const checkAccess =
  "Check the user and the password of mongoUri, the certificate authority (TASKRUNNER_MONGO_CA), and that the " +
  "access list of Atlas has this machine.";

import { MongoAPIError, MongoBulkWriteError, MongoError, type AbstractCursor } from "mongodb";
import pRetry from "p-retry";
import { progressEveryMs } from "../contract/progress";

// Codes that say something of one document, whatever is tried with it (MongoDB's error_codes.yml): it breaks
// a unique index or the validator, is too large, has a name or a value that MongoDB or an index does not
// take. Everything else says something of the server: a good record must not be left out for it.
const ofDocument: ReadonlySet<unknown> = new Set([
  ...[2, 9, 14, 22, 28, 52, 53, 54, 55, 56, 57, 66],
  ...[121, 171, 10334, 11000, 16755, 17280, 17419],
]);

const fixIt = "Fix the cause";

/** Codes of what somebody must fix first, with what to do; everything else may pass. */
const stopping: ReadonlyMap<unknown, string> = new Map([
  // What is asked does not fit the server, or what is there.
  ...[20, 26, 27, 48, 59, 67, 72, 73, 85, 86, 115, 166, 359].map((code) => [code, fixIt] as const),
  [13, "Grant the user of the connection string readWrite on this database"],
  [18, "Fix the user or the password in the connection string"],
  [8000, "Atlas refuses it: free space below the cluster's quota, or grant the user readWrite"],
  [12501, "Raise the database's quota or free space in it"],
  [14031, "Free space on the server's disk"],
  [371, "The server blocks all writes, usually because its disk is full: remove the cause"],
]);

/** How long trouble is waited out; by default 13 attempts in one to two minutes, and what the driver waits. */
export interface Patience {
  /** How often work is tried again; default 12. */
  readonly retries?: number | undefined;
  /** After so long, in ms, nothing is tried again; default: no limit. */
  readonly retryMs?: number | undefined;
}

/** MongoDB would not do it, or had trouble for too long; what was imported so far stays. */
export class ServerTroubleError extends Error {
  override readonly name = "ServerTroubleError";

  /** What the server or the driver answered, without documents. */
  readonly found: string;

  /**
   * @param doing what was being done and on what, such as `Writing logs to db.pack_run_logs`
   * @param attempts how often it was tried
   */
  constructor(doing: string, attempts: number, cause: unknown) {
    // What the server says beside its code may hold documents: it stays out.
    const times = attempts === 1 ? "" : ` ${attempts} times`;
    const found = describeTrouble(cause);
    const codes = cause instanceof MongoError ? codesIn(cause) : [];
    const known = codes.map((code) => stopping.get(code)).find((one) => one !== undefined);
    const fix = passes(cause) ? "Wait until the server works again, or fix the cause" : fixIt;
    super(
      `${doing} failed${times}: ${found}. ${known ?? fix}, then run it again: what was ` +
        "done so far stays, and it resumes where it stopped.",
    );
    this.found = found;
  }
}

/**
 * Does work in the database, again unless the trouble needs a person or is a document's own: with a growing
 * wait in between, and not for ever. The work must look at what is there, because an attempt that failed
 * may have done all of it (issue #5, "Server trouble"). Trouble that lasts is named on standard error
 * every ten seconds. An error that is not the driver's is judged by its `cause`.
 *
 * @param doing what is done and on what, for the error
 * @throws ServerTroubleError where the trouble does not pass or needs a person
 */
export async function withRetries<T>(
  doing: string,
  work: () => Promise<T>,
  { retries = 12, retryMs = Infinity }: Patience = {},
): Promise<T> {
  let attempts = 0;
  const started = Date.now();
  let warned = started;
  try {
    return await pRetry(
      () => {
        attempts += 1;
        return work();
      },
      {
        retries,
        maxRetryTime: retryMs,
        minTimeout: 100,
        maxTimeout: 10_000,
        randomize: true,
        onFailedAttempt: ({ error }) => {
          const now = Date.now();
          if (!passes(error) || now - warned < progressEveryMs) return;
          warned = now;
          const seconds = Math.round((now - started) / 1_000);
          const trouble = describeTrouble(troubleIn(error));
          console.warn(`${doing}: ${trouble}. Retrying for ${seconds} s so far`);
        },
        shouldRetry: ({ error }) => passes(error),
      },
    );
  } catch (error) {
    if (error instanceof MongoError) throw new ServerTroubleError(doing, attempts, error);
    throw error;
  }
}

/**
 * The items of a query one by one, also where the server has trouble in the middle: the driver
 * tries again what opens a cursor, never what goes on with one, and a cursor ends with its server's
 * term. So the query is asked again behind the last item (issue #5, "Server trouble"). Of a reply
 * only the last item's key is kept when the next one comes: a reply has up to 16 MiB.
 *
 * @param doing what is done and on what, for the error
 * @param open the query for what comes behind a key, in an order that is the same each time; for
 *   everything where there is no item yet
 * @param keyOf what tells an item's place in that order
 * @param patience how long it is asked again with no answer in between
 * @throws ServerTroubleError where the trouble does not pass or needs a person
 */
export async function* resumeCursor<T, Key>(
  doing: string,
  open: (last: Key | undefined) => AbstractCursor<T>,
  keyOf: (item: T) => Key,
  patience?: Patience,
): AsyncGenerator<T> {
  let last: Key | undefined;
  let cursor = open(last);
  const reply = async (): Promise<T[]> => {
    try {
      const first = await cursor.next();
      return first === null ? [] : [first, ...cursor.readBufferedDocuments()];
    } catch (error) {
      // The driver closed it: it would look like one that came to its end.
      cursor = open(last);
      throw error;
    }
  };
  try {
    for (;;) {
      const items = await withRetries(doing, reply, patience);
      const end = items.at(-1);
      if (end === undefined) return;
      last = keyOf(end);
      yield* items;
    }
  } finally {
    await cursor.close();
  }
}

/** Whether a code that the server has for one document says something of the document itself. */
export function isOfDocument(code: unknown): boolean {
  return ofDocument.has(code);
}

/** What the driver reported, also where an error of this project names the command that failed. */
function troubleIn(error: unknown): unknown {
  return error instanceof Error && !(error instanceof MongoError) ? error.cause : error;
}

function passes(failure: unknown): boolean {
  const error = troubleIn(failure);
  if (!(error instanceof MongoError) || error instanceof MongoAPIError) return false;
  const codes = codesIn(error);
  // The driver wraps what it got no answer for without a code.
  const isOfDocuments = codes.length > 0 && codes.every(isOfDocument);
  return !isOfDocuments && !codes.some((code) => stopping.has(code));
}

/** All codes of a failure, those of single documents last. */
function codesIn(error: MongoError): unknown[] {
  if (!(error instanceof MongoBulkWriteError)) return error.code === undefined ? [] : [error.code];
  const { result, code } = error;
  // The result also has what the bulk's earlier commands met; these are this one's.
  const ofDocuments = [error.writeErrors].flat().map((one) => one.code);
  const all = [result.getWriteConcernError()?.code, ...ofDocuments, code];
  return all.filter((one) => one !== undefined);
}

function describeTrouble(error: unknown): string {
  if (!(error instanceof MongoError)) return String(error);
  const codes = codesIn(error);
  if (codes.length === 0) return error.message;
  const code = codes.find((one) => !isOfDocument(one)) ?? codes[0];
  const { codeName } = error as { codeName?: unknown };
  const name = code === error.code && typeof codeName === "string" ? ` (${codeName})` : "";
  return `MongoDB answers with code ${String(code)}${name}`;
}

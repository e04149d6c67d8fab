import { MongoAPIError, MongoBulkWriteError, MongoError, type AbstractCursor } from "mongodb";
import pRetry from "p-retry";
import { progressEveryMs } from "../contract/progress";

// Codes about a single document (MongoDB's error_codes.yml): a unique index, the validator, its size, a name
// or a value. Any other code concerns the server, and must not quarantine a valid record.
const documentCodes: ReadonlySet<unknown> = new Set([
  ...[2, 9, 14, 22, 28, 52, 53, 54, 55, 56, 57, 66],
  ...[121, 171, 10334, 11000, 16755, 17280, 17419],
]);

const fixIt = "Fix the cause";

/** Codes that need a person, with what to do. Any other trouble may pass. */
const fatalCodes: ReadonlyMap<unknown, string> = new Map([
  // The request does not fit the server or the data.
  ...[20, 26, 27, 48, 59, 67, 72, 73, 85, 86, 115, 166, 359].map((code) => [code, fixIt] as const),
  [13, "Grant the user of the connection string readWrite on this database"],
  [18, "Fix the user or the password in the connection string"],
  [8000, "Atlas refuses it: free space below the cluster's quota, or grant the user readWrite"],
  [12501, "Raise the database's quota or free space in it"],
  [14031, "Free space on the server's disk"],
  [371, "The server blocks all writes, usually because its disk is full: remove the cause"],
]);

/** How long to retry; by default 13 attempts in one to two minutes, besides the driver's own waits. */
export interface Patience {
  /** Maximum number of retries; default 12. */
  readonly retries?: number | undefined;
  /** Limit in ms after which nothing is retried; default: none. */
  readonly retryMs?: number | undefined;
}

/** MongoDB refused, or had trouble for too long. What was imported so far stays. */
export class ServerTroubleError extends Error {
  override readonly name = "ServerTroubleError";

  /** The answer of the server or the driver, without documents. */
  readonly found: string;

  /** @param doing the operation and its target, such as `Writing logs to db.pack_run_logs` */
  constructor(doing: string, attempts: number, cause: unknown) {
    // The server's message may hold documents, so only its code is quoted.
    const times = attempts === 1 ? "" : ` ${attempts} times`;
    const found = describeTrouble(cause);
    const codes = cause instanceof MongoError ? codesIn(cause) : [];
    const known = codes.map((code) => fatalCodes.get(code)).find((one) => one !== undefined);
    const fix = isTransient(cause) ? "Wait until the server works again, or fix the cause" : fixIt;
    super(
      `${doing} failed${times}: ${found}. ${known ?? fix}, then run it again: what was ` +
        "done so far stays, and it resumes where it stopped.",
    );
    this.found = found;
  }
}

/**
 * Runs work in the database and retries transient trouble with growing waits; every ten seconds a warning
 * names it. The work must look at what exists, because a failed attempt may have done all of it. An error
 * that is not the driver's is judged by its `cause`.
 *
 * @param doing the operation and its target, for the error
 * @throws ServerTroubleError if the trouble does not pass or needs a person
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
          if (!isTransient(error) || now - warned < progressEveryMs) return;
          warned = now;
          const seconds = Math.round((now - started) / 1_000);
          const trouble = describeTrouble(driverError(error));
          console.warn(`${doing}: ${trouble}. Retrying for ${seconds} s so far`);
        },
        shouldRetry: ({ error }) => isTransient(error),
      },
    );
  } catch (error) {
    if (error instanceof MongoError) throw new ServerTroubleError(doing, attempts, error);
    throw error;
  }
}

/**
 * Iterates over a query. If the cursor fails, runs the query again after the last item, because the driver does
 * not retry an open cursor. Of a reply (up to 16 MiB), only the last key is kept once the next one arrives.
 *
 * @param doing the operation and its target, for the error
 * @param open the query, in a stable order: for everything after a key, or for everything
 * @param keyOf an item's place in that order
 * @param patience how long to retry without any answer in between
 * @throws ServerTroubleError if the trouble does not pass or needs a person
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
      // The driver closed this cursor, so it would look exhausted.
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

/** Whether a server code is about a single document. */
export function isOfDocument(code: unknown): boolean {
  return documentCodes.has(code);
}

/** The driver's error, also if an error of this project wraps it. */
function driverError(error: unknown): unknown {
  return error instanceof Error && !(error instanceof MongoError) ? error.cause : error;
}

function isTransient(failure: unknown): boolean {
  const error = driverError(failure);
  if (!(error instanceof MongoError) || error instanceof MongoAPIError) return false;
  const codes = codesIn(error);
  // The driver's network errors have no code.
  const isOfDocuments = codes.length > 0 && codes.every(isOfDocument);
  return !isOfDocuments && !codes.some((code) => fatalCodes.has(code));
}

function codesIn(error: MongoError): unknown[] {
  if (!(error instanceof MongoBulkWriteError)) return error.code === undefined ? [] : [error.code];
  const { result, code } = error;
  // The result also has errors of the bulk's earlier commands; these are this command's.
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

import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
} from "mongodb";
import pRetry from "p-retry";

/** Codes of trouble that passes by itself; the driver tries again once, and not after all of them. */
const passing: ReadonlySet<unknown> = new Set([
  // The primary changes, stops or starts.
  ...[91, 189, 10107, 11600, 11602, 13435, 13436],
  // Servers of a cluster do not reach each other.
  ...[6, 7, 89, 9001],
  // Something took too long: a write concern, a command, a read of what a majority has.
  ...[50, 64, 134, 262],
  // The server gave a cursor up, with its term or after its time.
  ...[43, 175, 237],
  // Another writer was quicker.
  112,
  // An index is being built on the collection, or in the database, which the command waits for.
  ...[12586, 12587],
  // The server takes less than it is sent: Cosmos DB's code, then MongoDB's.
  ...[16500, 433, 449, 450, 462],
]);

/**
 * Codes that say something of one document, whatever is tried with it (MongoDB's error_codes.yml): it breaks
 * a unique index or the validator, is too large, has a name or a value that MongoDB or an index does not
 * take. Everything else says something of the server: a good record must not be left out for it.
 */
const ofDocument: ReadonlySet<unknown> = new Set([
  ...[2, 9, 14, 22, 28, 52, 53, 54, 55, 56, 57, 66],
  ...[121, 171, 10334, 11000, 16755, 17280, 17419],
]);

/** Codes of what somebody must fix first, with what to do. */
const stopping: ReadonlyMap<unknown, string> = new Map([
  [13, "Grant the user of the connection string readWrite on this database"],
  [18, "Fix the user or the password in the connection string"],
  [8000, "Atlas refuses it: free space below the cluster's quota, or grant the user readWrite"],
  [12501, "Raise the database's quota or free space in it"],
  [14031, "Free space on the server's disk"],
  [371, "The server blocks all writes, usually because its disk is full: remove the cause"],
]);

/** How long trouble is waited out: 13 attempts in one to two minutes, and what the driver waits. */
const defaultRetries = 12;
const firstDelayMs = 100;
const longestDelayMs = 10_000;

/** How often trouble that lasts is named. */
const sayEveryMs = 10_000;

/** MongoDB would not do it, or had trouble for too long; what was imported so far stays. */
export class ServerTroubleError extends Error {
  override readonly name = "ServerTroubleError";

  /**
   * @param doing what was being done and on what, such as `Writing logs to db.pack_run_logs`
   * @param attempts how often it was tried
   */
  constructor(doing: string, attempts: number, cause: unknown) {
    // What the server says beside its code may hold documents: it stays out.
    const times = attempts === 1 ? "" : ` ${attempts} times`;
    super(
      `${doing} failed${times}: ${describeTrouble(cause)}. ${whatToDo(cause)}, then run it again: what was ` +
        "done so far stays, and it resumes where it stopped.",
    );
  }
}

/**
 * Does work in the database, again where the server has trouble that passes: with a growing wait
 * in between, and not for ever. The work must look at what is there, because an attempt that failed
 * may have done all of it (issue #5, "Server trouble"). Trouble that lasts is named on standard error
 * every ten seconds. An error that is not the driver's is judged by its `cause`.
 *
 * @param doing what is done and on what, for the error
 * @param retries how often it is tried again; default 12, one to two minutes
 * @throws ServerTroubleError where the trouble does not pass or needs a person
 */
export async function withRetries<T>(
  doing: string,
  work: () => Promise<T>,
  retries = defaultRetries,
): Promise<T> {
  let attempts = 0;
  const say = sayWhileItLasts(doing);
  try {
    return await pRetry(
      () => {
        attempts += 1;
        return work();
      },
      {
        retries,
        minTimeout: firstDelayMs,
        maxTimeout: longestDelayMs,
        randomize: true,
        onFailedAttempt: ({ error }) => {
          if (passes(error)) say(error);
        },
        shouldRetry: ({ error }) => passes(error),
      },
    );
  } catch (error) {
    if (error instanceof MongoError) throw new ServerTroubleError(doing, attempts, error);
    throw error;
  }
}

function sayWhileItLasts(doing: string): (error: unknown) => void {
  const started = Date.now();
  let said = started;
  return (error) => {
    const now = Date.now();
    if (now - said < sayEveryMs) return;
    said = now;
    const seconds = Math.round((now - started) / 1_000);
    console.warn(
      `${doing}: ${describeTrouble(troubleIn(error))}. Retrying for ${seconds} s so far`,
    );
  };
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
  if (!(error instanceof MongoError)) return false;
  const codes = codesIn(error);
  if (codes.some((code) => stopping.has(code))) return false;
  return (
    codes.some((code) => passing.has(code)) ||
    error.hasErrorLabel("RetryableWriteError") ||
    isWithoutAnswer(error)
  );
}

/** The driver wraps what it got no answer for, as it does all errors of a bulk write. */
function isWithoutAnswer(error: MongoError): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof MongoBulkWriteError && codesIn(error).length === 0)
  );
}

/** All codes of a failure, those of single documents last. */
function codesIn(error: MongoError): unknown[] {
  if (!(error instanceof MongoBulkWriteError)) return error.code === undefined ? [] : [error.code];
  const { result, code } = error;
  const ofDocuments = result.getWriteErrors().map((one) => one.code);
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

function whatToDo(error: unknown): string {
  const codes = error instanceof MongoError ? codesIn(error) : [];
  const advice = codes.map((code) => stopping.get(code)).find((found) => found !== undefined);
  return advice ?? (passes(error) ? "Wait until the server works again" : "Fix the cause");
}

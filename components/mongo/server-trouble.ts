import { MongoAPIError, MongoBulkWriteError, MongoError } from "mongodb";
import pRetry from "p-retry";
import { progressEveryMs } from "../text";

// Codes about a single document (MongoDB's error_codes.yml). Any other code concerns the server, and must not
// quarantine a valid record.
const documentCodes: ReadonlySet<unknown> = new Set([
  // A value: BadValue, FailedToParse, TypeMismatch, InvalidBSON, ImmutableField.
  2, 9, 14, 22, 66,
  // A field's name: PathNotViable, then DollarPrefixedFieldName to DottedFieldName.
  28, 52, 53, 54, 55, 56, 57,
  // DocumentValidationFailure, BSONObjectTooLarge, and the size after an update and an upsert.
  121, 10334, 17419, 17420,
  // An index: DuplicateKey, CannotIndexParallelArrays, a geometry, KeyTooLong.
  11000, 171, 16755, 17280,
]);

const fixIt = "Fix the cause";

/** Codes of trouble that a person must fix, with the fix. Trouble with any other code may pass. */
const fatalCodes: ReadonlyMap<unknown, string> = new Map([
  // The request does not fit the server or the data: IllegalOperation, NamespaceNotFound, IndexNotFound, NamespaceExists,
  // CommandNotFound, CannotCreateIndex, InvalidOptions, InvalidNamespace, IndexOptionsConflict, IndexKeySpecsConflict,
  // CommandNotSupported, CommandNotSupportedOnView, CannotConvertIndexToUnique.
  ...[20, 26, 27, 48, 59, 67, 72, 73, 85, 86, 115, 166, 359].map((code) => [code, fixIt] as const),
  [13, "Grant the user of the connection string readWrite on this database"],
  [18, "Fix the user or the password in the connection string"],
  [8000, "Atlas refuses it: free space to get within the quota, or grant the user readWrite"],
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

/** MongoDB refused an operation, or its trouble lasted too long. Imported records stay. */
export class ServerTroubleError extends Error {
  override readonly name = "ServerTroubleError";

  /** The answer of the server or the driver, without documents. */
  readonly found: string;

  /** Whether the server refused it for a reason that a person must fix, such as a full disk. */
  readonly isRefused: boolean;

  /** @param doing the operation and its target, such as `Writing logs to db.pack_run_logs` */
  constructor(doing: string, attempts: number, cause: unknown) {
    // The server's message may hold documents, so only its code is quoted.
    const times = attempts === 1 ? "" : ` ${attempts} times`;
    const found = describeTrouble(cause);
    const codes = cause instanceof MongoError ? codesIn(cause) : [];
    const known = codes.map((code) => fatalCodes.get(code)).find((one) => one !== undefined);
    const fix = isTransient(cause) ? "Wait until the server works again, or fix the cause" : fixIt;
    super(
      `${doing} failed${times}: ${found}. ${known ?? fix}, then run it again: completed ` +
        "work stays, and it resumes where it stopped.",
    );
    this.found = found;
    this.isRefused = known !== undefined;
  }
}

/**
 * Runs `work` and retries it after transient errors, with growing waits; warns of the error every ten seconds. `work`
 * must check which part of it is done already, because a failed attempt may have done all of it. An error that is not
 * the driver's is judged by its `cause`.
 *
 * @param doing the operation and its target, for the error; a function if the text is costly to build
 * @throws ServerTroubleError if the trouble does not pass or needs a person
 */
export async function withRetries<T>(
  doing: string | (() => string),
  work: () => Promise<T>,
  { retries = 12, retryMs = Infinity }: Patience = {},
): Promise<T> {
  const operation = () => (typeof doing === "string" ? doing : doing());
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
          console.warn(`${operation()}: ${trouble}. Retrying for ${seconds} s so far`);
        },
        shouldRetry: ({ error }) => isTransient(error),
      },
    );
  } catch (error) {
    if (error instanceof MongoError) throw new ServerTroubleError(operation(), attempts, error);
    throw error;
  }
}

/** Whether a server code is about a single document. */
export function isDocumentCode(code: unknown): boolean {
  return documentCodes.has(code);
}

/** The driver's error, even if an error of this project wraps it. */
function driverError(error: unknown): unknown {
  return error instanceof Error && !(error instanceof MongoError) ? error.cause : error;
}

function isTransient(failure: unknown): boolean {
  const error = driverError(failure);
  if (!(error instanceof MongoError) || error instanceof MongoAPIError) return false;
  const codes = codesIn(error);
  // The driver's network errors have no code.
  const isOfDocuments = codes.length > 0 && codes.every(isDocumentCode);
  return !isOfDocuments && !codes.some((code) => fatalCodes.has(code));
}

function codesIn(error: MongoError): unknown[] {
  if (!(error instanceof MongoBulkWriteError)) return error.code === undefined ? [] : [error.code];
  const { result, code } = error;
  // `result` also has errors of the bulk's earlier commands; `writeErrors` has only this command's.
  const ofDocuments = [error.writeErrors].flat().map((one) => one.code);
  const all = [result.getWriteConcernError()?.code, ...ofDocuments, code];
  return all.filter((one) => one !== undefined);
}

function describeTrouble(error: unknown): string {
  if (!(error instanceof MongoError)) return String(error);
  const codes = codesIn(error);
  if (codes.length === 0) return error.message;
  const code = codes.find((one) => !isDocumentCode(one)) ?? codes[0];
  const { codeName } = error as { codeName?: unknown };
  const name = code === error.code && typeof codeName === "string" ? ` (${codeName})` : "";
  return `MongoDB answers with code ${String(code)}${name}`;
}

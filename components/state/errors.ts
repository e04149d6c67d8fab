/** The state directory cannot be used; nothing was read or written. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

/** A file or folder cannot be written, for a reason that concerns more than one record. */
export class WriteError extends Error {
  override readonly name = "WriteError";

  /** @param doing the operation, with its path; @param advice the fix, and the unchanged state */
  constructor(doing: string, cause: unknown, advice: string) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    super(`${doing} failed: ${reason}. ${advice}`, { cause });
  }
}

/** Whether a system call failed with this error, which then has a code such as `ENOSPC`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** Whether an error says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The reason for a refusal, as a code; the refusal's `detail` explains it. */
export type RefusalReason =
  | "unreadable"
  | "too-large"
  | "not-utf8"
  | "not-json"
  | "number"
  | "form"
  | "name"
  | "encoded-name"
  | "contract"
  | "conflict"
  | "server";

/**
 * A record cannot be imported or exported. An import quarantines it, an export reports it, and both continue. The
 * detail names fields and types, not values, because reports become stack outputs.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /**
   * @param other the location of the first record with the same key
   * @param runId the run whose content in MongoDB differs, while no cutover is in force
   */
  constructor(
    readonly reason: RefusalReason,
    readonly detail: string,
    readonly other?: RecordLocation,
    readonly runId?: string,
  ) {
    super(detail);
  }
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
export function unreadable(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!isSystemError(error)) throw error;
  return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
}

/** Returns an error that is a refusal, and throws any other error again. */
export function refusalIn(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/** A record's location: its file below the state directory, and its line in a log or its position in a list, from 1. */
export interface RecordLocation {
  readonly file: string;
  readonly line?: number | undefined;
  readonly entry?: number | undefined;
}

/** Formats a location for people: `logs/runs/r.ndjson line 3`. */
export function describeLocation({ file, line, entry }: RecordLocation): string {
  const inLog = line === undefined ? "" : ` line ${line}`;
  const inList = entry === undefined ? "" : ` entry ${entry}`;
  return file + inLog + inList;
}

import type { Place } from "./place";

/** The state folder cannot be used; nothing was read or written. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

/** Why a record is refused, in one word of a closed set; `detail` says it in a sentence. */
export type RefusalReason =
  | "unreadable"
  | "too-large"
  | "not-utf8"
  | "not-json"
  | "number"
  | "form"
  | "contract"
  | "conflict"
  | "server";

/**
 * A record that is not imported. Its stage throws it, the pipeline counts it as quarantined and
 * goes on. The detail names fields and types, not values, because reports become stack outputs.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** @param other where the record is that has the same key and came first */
  constructor(
    readonly reason: RefusalReason,
    readonly detail: string,
    readonly other?: Place,
  ) {
    super(detail);
  }
}

/** Records were refused, and the file for them cannot be written; the import stopped there. */
export class QuarantineError extends Error {
  override readonly name = "QuarantineError";

  constructor(path: string, cause: unknown) {
    const found = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    super(
      `Writing the quarantined records to ${path} failed: ${found}. What was imported so far stays. ` +
        `Make that folder writable, then run the import again.`,
    );
  }
}

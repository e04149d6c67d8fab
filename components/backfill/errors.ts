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

  constructor(
    readonly reason: RefusalReason,
    readonly detail: string,
  ) {
    super(detail);
  }
}

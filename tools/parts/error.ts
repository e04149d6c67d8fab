/** A local part that cannot be had or started. The message says what was found and what to do. */
export class PartError extends Error {
  override readonly name = "PartError";
}

/** A command that cannot go on. The message says what was found and what to do. */
export class DevError extends Error {
  override readonly name = "DevError";
}

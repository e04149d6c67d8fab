/** A Job did not give its answer. Each reason is a sentence or a line of its pod; none is secret. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}

/** A text that shows no connection string, whoever printed it. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/mongodb(\+srv)?:\/\/[^\s"'`,;)]+/g, "mongodb$1://***")
    .replace(/:\/\/[^\s/]+@/g, "://***@");
}

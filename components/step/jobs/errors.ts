import { quote } from "../../kubernetes";

/** A Job did not give its answer. Each reason is a sentence or a line of its pod; none is secret. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}

/** A line of a log that shows no connection string, whoever printed it. */
export function withoutSecrets(line: string): string {
  return quote(line.replace(/mongodb(\+srv)?:\/\/[^\s"'`,;)]+/g, "mongodb$1://***"));
}

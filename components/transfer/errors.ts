/**
 * Members of MongoDB answer and none of them is the primary, for longer than an election takes. Nothing
 * was exported or held: whether MongoDB is lost is for the reader to say (design, decision 10).
 */
export class NoPrimary extends Error {
  override readonly name = "NoPrimary";

  /** @param fencedAt of the cutover, which an `advanced.abandonMongo` has to name; ISO 8601 */
  constructor(members: readonly string[], seconds: number, fencedAt: string | undefined) {
    super(
      `MongoDB has no primary: ${members.join(", ")} answered, and none became the primary within ` +
        `${seconds} s. Nothing was exported or held. Two ways out: once MongoDB has a primary, run pulumi ` +
        "up again, which exports everything; or, if it is lost for good, " +
        (fencedAt === undefined
          ? "stop its members, and run pulumi up again."
          : `set advanced.abandonMongo: "${fencedAt}" and run pulumi up again, which leaves behind what ` +
            "changed there and holds the unfinished runs."),
    );
  }
}

/** Records were refused, and the file for them cannot be written; the import stopped there. */
export class QuarantineError extends Error {
  override readonly name = "QuarantineError";

  constructor(path: string, cause: unknown) {
    super(
      `Writing the quarantined records to ${path} failed: ${codeOf(cause)}. What was imported so far ` +
        "stays. Make that folder writable, then run the import again.",
    );
  }
}

/** The keys of an exact verification or of a dry run cannot be kept. */
export class KeysError extends Error {
  override readonly name = "KeysError";

  /** @param path in the system's temporary folder */
  constructor(path: string, cause: unknown) {
    super(
      `Keeping the keys to compare in ${path} failed: ${codeOf(cause)}. Nothing was changed. Make ` +
        "room there, or name another folder in TMPDIR, then do this again.",
    );
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}

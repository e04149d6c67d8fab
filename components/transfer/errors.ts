/**
 * Members of MongoDB answer and none of them is the primary, for longer than an election takes. Nothing
 * was exported or held: whether MongoDB is lost is for the reader to say (design, decision 10).
 */
export class NoPrimary extends Error {
  override readonly name = "NoPrimary";

  /** @param fencedAt of the cutover, which an `advanced.abandonMongo` has to name; ISO 8601 */
  constructor(members: readonly string[], seconds: number, fencedAt: string | undefined) {
    super(
      `MongoDB has no primary: ${members.join(", ")} answered, but none became the primary within ` +
        `${seconds} s. Nothing was exported or held. When MongoDB has a primary, run pulumi up again, which ` +
        "exports everything. If MongoDB is lost, " +
        (fencedAt === undefined
          ? "stop its members, and run pulumi up again."
          : `set advanced.abandonMongo: "${fencedAt}" and run pulumi up again, which gives up what changed ` +
            "there and holds the unfinished runs."),
    );
  }
}

import {
  type Db,
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";
import { ConnectionError, answerIn, databaseAt, membersWithoutPrimary } from "../../mongo";
import { readFence } from "../../state";

/** Where a rollback looks for MongoDB, and what counts as lost. */
export interface Reach {
  /** The connection string, secret; undefined: MongoDB is unreachable. */
  readonly uri: string | undefined;
  readonly name: string | undefined;
  /** When the stack's cutover drew its fence, in ISO 8601; undefined by hand: the files know. */
  readonly fencedAt: string | undefined;
  /** How long a primary is waited for, because an election may be under way, in s. */
  readonly electionSeconds: number;
  /** The moment of the fence, if what changed in MongoDB since is given up if it cannot be read. */
  readonly abandonMongo?: string | undefined;
  /** Told, as a line, that MongoDB is waited for. */
  readonly watch?: (line: string) => void;
}

/**
 * MongoDB answers, and nothing can be read from it: no member of it becomes the primary for longer than an
 * election takes, or it refuses this user or this machine. Nothing was exported or held: whether MongoDB is lost is for
 * the reader to say (design, decision 10).
 */
export class MongoNotLost extends Error {
  override readonly name = "MongoNotLost";

  /**
   * @param found what MongoDB answers, in a sentence
   * @param ready what has to be so before the next attempt
   * @param fencedAt of the cutover, which an `advanced.abandonMongo` has to name; ISO 8601
   */
  constructor(found: string, ready: string, fencedAt: string | undefined) {
    super(
      `${found} Nothing was exported or held. When ${ready}, run pulumi up again, which exports everything. ` +
        "If MongoDB is lost, " +
        (fencedAt === undefined
          ? "stop its members, and run pulumi up again."
          : `set advanced.abandonMongo: "${fencedAt}" and run pulumi up again, which gives up what changed ` +
            "there and holds the unfinished runs."),
    );
  }
}

/** The database if it has a primary, else why no member of it answers. */
type Reached =
  | { readonly database: Db; readonly unreachable?: undefined }
  | { readonly database?: undefined; readonly unreachable: string };

/** After so long a wait it is told, in ms. */
const saidAfterMs = 2_000;

/** @throws MongoNotLost if MongoDB answers and cannot be read: the election may go on, the password be wrong */
export async function reachPrimary(root: string, reach: Reach): Promise<Reached> {
  const { uri, name, electionSeconds: seconds, watch } = reach;
  if (!uri || !name) return { unreachable: "No connection string is configured." };
  const line = `MongoDB does not answer yet: waiting up to ${seconds} s for a primary.`;
  const late = setTimeout(() => watch?.(line), saidAfterMs);
  try {
    const ms = seconds * 1_000;
    const database = await databaseAt({ uri, database: name }, { selectionTimeoutMs: ms });
    // The connection may be an older one, of which the server has gone.
    await database.command({ ping: 1 }, { signal: AbortSignal.timeout(ms) });
    return { database };
  } catch (error) {
    const fencedAt = reach.fencedAt ?? (await readFence(root))?.at;
    return { unreachable: explainLoss(error, { ...reach, fencedAt }) };
  } finally {
    clearTimeout(late);
  }
}

/** @throws MongoNotLost where MongoDB answers, and is not given up for this fence */
function explainLoss(error: unknown, reach: Reach): string {
  const { abandonMongo, fencedAt } = reach;
  const isAbandoned = abandonMongo !== undefined && abandonMongo === fencedAt;
  if (!isAbandoned) refuseAnswer(error, reach);
  if (error instanceof ConnectionError) return error.message;
  const isGone =
    error instanceof MongoServerError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNetworkError ||
    error instanceof MongoOperationTimeoutError;
  if (isGone) return `MongoDB cannot be read any more: ${error.message}.`;
  throw error;
}

const checkAccess =
  "Check user and password of mongoUri, the authority of the certificate (TASKRUNNER_MONGO_CA), and that the " +
  "access list of Atlas has this machine.";

function refuseAnswer(error: unknown, { electionSeconds, fencedAt }: Reach): void {
  const { withoutPrimary: members, answer } =
    error instanceof ConnectionError
      ? error
      : { withoutPrimary: membersWithoutPrimary(error), answer: answerIn(error) };
  if (members.length > 0) {
    throw new MongoNotLost(
      `MongoDB has no primary: ${members.join(", ")} answered, but none became the primary within ${electionSeconds} s.`,
      "MongoDB has a primary",
      fencedAt,
    );
  }
  if (answer !== undefined) {
    throw new MongoNotLost(
      `MongoDB answered, but cannot be read: ${answer}. ${checkAccess}`,
      "it can be read",
      fencedAt,
    );
  }
}

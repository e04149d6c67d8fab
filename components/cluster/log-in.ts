import { setTimeout as sleep } from "node:timers/promises";
import {
  addressIn,
  ConnectionError,
  formatHosts,
  onOwnConnection,
  type DatabaseAddress,
} from "../mongo";
import { uriFacts } from "../settings/uri";
import { kind, Unfinished, unknownValue, type MongoInputs, type Step } from "../step";

/** `uri` is the user's connection string; secret. */
interface LogInInputs extends MongoInputs {
  /** What decides about `uri` and is known in every preview; no secret. */
  readonly from?: string;
  /** The cluster's name in Atlas; absent for another kind. */
  readonly cluster?: string;
  /** Whether Atlas has paused it, as far as the stack knows; another value in a preview that does not. */
  readonly isPaused?: boolean;
}

/**
 * The wait until a user that the stack created can log in: Atlas answers before the cluster's members
 * know a new user (hashicorp/vault-plugin-database-mongodbatlas#10), and entries of the access list take
 * their time too. What uses the connection string gets it from here. It runs for each new connection
 * string, and rests on a rollback.
 *
 * In the preview of a change to a cluster its connection strings are not known; they count as unchanged
 * as long as nothing else that decides about them changes, so that the preview shows the change itself. `up`
 * compares them.
 */
export const logIn: Step<LogInInputs, object> = {
  ...kind<LogInInputs, object>("LogIn", ["cluster", "mongo"]),
  id: () => "log-in",
  refuses: ({ direction, cluster = "", isPaused }) => {
    const reason =
      `The Atlas cluster ${cluster} is paused, so no user can log in. Resume it ` +
      `(atlas clusters start ${cluster}) and run \`pulumi up --refresh\` when it runs.`;
    const isRefused = direction === "forward" && isPaused === true;
    return Promise.resolve(isRefused ? { property: "isPaused" as const, reason } : undefined);
  },
  compares: ["from"],
  isDue: (state, { uri }) => uri !== unknownValue && state.uri !== uri,
  job: { engineOnly: ["from", "cluster", "isPaused"] },
  forward: async (inputs) => {
    await untilLoggedIn(addressIn(inputs), usualPatience, console.log);
    return {};
  },
};

// Atlas needs seconds to minutes; the limit is of issue #17.
const usualPatience = { timeoutMs: 5 * 60_000, delayMs: 2_000 };

// A server further away needs more than a preview gives it.
const attempt = { selectionTimeoutMs: 10_000 };

/**
 * Tries a log-in until it works, for `timeoutMs`, with `delayMs` between attempts.
 *
 * @param say takes a line of progress: the first failure, and that it works then
 * @throws Unfinished with the user, the hosts and the last failure, when the time is over
 */
export async function untilLoggedIn(
  address: DatabaseAddress,
  { timeoutMs, delayMs }: typeof usualPatience,
  say: (line: string) => void,
): Promise<void> {
  const { user } = uriFacts(address.uri) ?? { user: "" };
  const began = Date.now();
  for (let attempts = 1; ; attempts += 1) {
    let failure: ConnectionError | undefined;
    try {
      await onOwnConnection(address, (database) => database.command({ ping: 1 }), attempt);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      failure = error;
    }
    const seconds = Math.round((Date.now() - began) / 1000);
    if (failure === undefined) {
      if (attempts > 1) say(`user ${user}: can log in, after ${seconds} s`);
      return;
    }
    if (Date.now() - began >= timeoutMs) {
      throw new Unfinished([
        `The user ${user}, which this stack created, cannot log in after ${seconds} s. Nothing uses it yet.`,
        failure.message,
        "Run `pulumi up` again: it tries the log-in again. If the user is missing on the cluster, set another passwordVersion, which creates the user again.",
      ]);
    }
    if (attempts === 1) {
      const hosts = formatHosts(address.uri);
      say(`user ${user}: cannot log in to ${hosts} yet; tried for ${timeoutMs / 1000} s at most`);
    }
    await sleep(delayMs);
  }
}

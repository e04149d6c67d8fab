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

/** `uri` is the user's connection string, which is secret. */
interface LogInInputs extends MongoInputs {
  /** The parts of `uri` that are known in every preview; not secret. */
  readonly from?: string;
}

/**
 * Waits until a user that the stack created can log in: Atlas answers before its members know a new user
 * (hashicorp/vault-plugin-database-mongodbatlas#10) or an entry of the access list. It runs for each new
 * connection string, but not on a rollback. A preview in which the string is unknown compares only `from`, so
 * that it shows no change that `up` would not make.
 */
export const logIn: Step<LogInInputs, object> = {
  ...kind<LogInInputs, object>("LogIn", ["cluster", "mongo"]),
  id: () => "log-in",
  compares: ["from"],
  isDue: (state, { uri }) => uri !== unknownValue && state.uri !== uri,
  job: { engineOnly: ["from"] },
  forward: async (inputs) => {
    await untilLoggedIn(
      { ...addressIn(inputs), source: "its connection string" },
      usualPatience,
      console.log,
    );
    return {};
  },
};

// Atlas takes seconds to minutes.
const usualPatience = { timeoutMs: 5 * 60_000, delayMs: 2_000 };

// A preview's timeout is too short for a distant server.
const attempt = { selectionTimeoutMs: 10_000 };

/**
 * Retries a log-in for `timeoutMs`, with `delayMs` between attempts.
 *
 * @param log receives a line after the first failure and one after a later success
 * @throws Unfinished with the user, the hosts and the last failure
 */
export async function untilLoggedIn(
  address: DatabaseAddress,
  { timeoutMs, delayMs }: typeof usualPatience,
  log: (line: string) => void,
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
      if (attempts > 1) log(`user ${user}: can log in, after ${seconds} s`);
      return;
    }
    if (Date.now() - began >= timeoutMs) {
      throw new Unfinished([
        `The user ${user}, which this stack created, cannot log in after ${seconds} s. Nothing uses it yet.`,
        failure.message,
        "If Atlas has paused the cluster, resume it (atlas clusters start NAME).",
        "Run `pulumi up` again: it tries the log-in again. If the user is missing on the cluster, set another passwordVersion, which creates the user again.",
      ]);
    }
    if (attempts === 1) {
      const hosts = formatHosts(address.uri);
      log(`user ${user}: cannot log in to ${hosts} yet; retries for up to ${timeoutMs / 1000} s`);
    }
    await sleep(delayMs);
  }
}

import { setTimeout } from "node:timers/promises";
import { Octokit } from "@octokit/rest";
import pRetry from "p-retry";
import { isApiError, secondsToWait, translateError, type Doing } from "./errors";
import type { Repository } from "./target";

/** How many times a request is repeated at most, and how long a server may ask to wait before that. */
const [retries, longestWaitSeconds] = [3, 120];

/** How an API is talked to. */
export interface ApiOptions {
  /** How long a second of waiting is, in ms. Default: 1000; tests have no time. */
  readonly secondMs?: number;
}

/** A client for one repository. */
export interface Api {
  readonly rest: Octokit["rest"];
  readonly paginate: Octokit["paginate"];
  /** `{ owner, repo }`, as every request has it. */
  readonly repo: { readonly owner: string; readonly repo: string };
}

/** What became of what was posted. */
export interface Posted {
  readonly outcome: "created" | "updated" | "unchanged";
  /** For a person's browser. */
  readonly url: string;
}

/**
 * Looks for something, and then updates or creates it; repeats all of it, up to three times, if the
 * server has trouble (5xx, or no answer), or has a limit and says to wait at most two minutes. Repeating
 * only the creation would leave two if the first one had worked and its answer was lost.
 *
 * @throws PostError in place of every error of the API
 */
export async function upsert<T>(
  target: Repository,
  doing: Pick<Doing, "what" | "permission">,
  { secondMs = 1_000 }: ApiOptions = {},
  attempt: (api: Api) => Promise<T>,
): Promise<T> {
  const { apiUrl, token } = target;
  try {
    const api = connect(target);
    return await pRetry(() => attempt(api), {
      retries,
      minTimeout: secondMs,
      shouldRetry: async ({ error }) => {
        const seconds = isApiError(error) ? secondsToWait(error) : Infinity;
        if (seconds > longestWaitSeconds) return false;
        await setTimeout(seconds * secondMs);
        return true;
      },
    });
  } catch (error) {
    throw translateError(error, { ...doing, apiUrl, token });
  }
}

/** A client that prints nothing. */
function connect({ repository, apiUrl, token }: Repository): Api {
  const [owner = "", repo = ""] = repository.split("/");
  const silent = () => undefined;
  const { rest, paginate } = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "taskrunner-storage",
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  return { rest, paginate, repo: { owner, repo } };
}

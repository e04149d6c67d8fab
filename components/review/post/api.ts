import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import pRetry from "p-retry";
import { translateError, isApiError, isLimitOfGithub, type Doing } from "./errors";
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

/** What became of what was posted; `none`: there is none, and none is needed. */
export interface Posted {
  readonly outcome: "created" | "updated" | "unchanged" | "closed" | "none";
  /** For a person's browser. */
  readonly url?: string;
}

/**
 * Looks for something, and then updates or creates it; repeats all of it, up to three times, if the
 * server has trouble (5xx, or no answer). Repeating only the creation would leave two if the first one
 * had worked and its answer was lost.
 *
 * @throws PostError in place of every error of the API
 */
export async function upsert<T>(
  target: Repository,
  doing: Pick<Doing, "what" | "permission">,
  { secondMs = 1_000 }: ApiOptions = {},
  attempt: (api: Api) => Promise<T>,
): Promise<T> {
  try {
    const api = connect(target, secondMs);
    return await pRetry(() => attempt(api), {
      retries,
      minTimeout: secondMs,
      shouldRetry: ({ error }) => isApiError(error) && error.status >= 500,
    });
  } catch (error) {
    const { apiUrl, token } = target;
    throw translateError(error, { ...doing, apiUrl, token });
  }
}

/**
 * A client that waits for a rate limit (as long as the server says, up to two minutes), and that
 * prints nothing.
 */
function connect(target: Repository, secondMs: number): Api {
  const [owner = "", repo = ""] = target.repository.split("/");
  const mayWait = (seconds: number, _options: unknown, _octokit: unknown, count: number) =>
    seconds <= longestWaitSeconds && count < retries;
  const Client = Octokit.plugin(waitAsTold, retry, throttling);
  const octokit = new Client({
    auth: target.token,
    baseUrl: target.apiUrl.replace(/\/+$/, ""),
    userAgent: "taskrunner-storage",
    log: { debug: silent, info: silent, warn: silent, error: silent },
    // It retries nothing by itself: see upsert. It is there for waitAsTold.
    retry: { retries: 0, doNotRetry: [429], retryAfterBaseValue: secondMs },
    throttle: {
      id: `${target.apiUrl} ${target.repository}`,
      retryAfterBaseValue: secondMs,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
    },
  });
  return { rest: octokit.rest, paginate: octokit.paginate, repo: { owner, repo } };
}

const silent = () => undefined;

/**
 * The throttling plugin knows GitHub's own forms of a rate limit. Gitea, and proxies before any
 * server, answer 429 and say how long to wait only in retry-after.
 */
function waitAsTold(octokit: Parameters<typeof retry>[0]): void {
  octokit.hook.error("request", (error) => {
    if (!isApiError(error) || error.status !== 429 || isLimitOfGithub(error)) throw error;
    const seconds = Number(error.response?.headers["retry-after"]);
    if (seconds >= 0 && seconds <= longestWaitSeconds) {
      const { request } = error as unknown as { request: { request?: object } };
      request.request = { ...request.request, retries, retryAfter: seconds };
    }
    throw error;
  });
}

import { setTimeout } from "node:timers/promises";
import { Octokit } from "@octokit/rest";
import pRetry from "p-retry";

/** Where to post, and as whom. */
export interface Repository {
  /** `owner/name`. */
  readonly repository: string;
  /** The API's address, such as `https://api.github.com` or `https://git.example.org/api/v1`. */
  readonly apiUrl: string;
  /** Secret; it goes into the header of requests and nowhere else. */
  readonly token: string;
}

const [retries, longestWaitSeconds] = [3, 120];

export interface ApiOptions {
  /** How long a second of waiting is, in ms. Default: 1000; tests have no time. */
  readonly secondMs?: number;
}

/** A client for one repository. */
export interface Api extends Pick<Octokit, "rest" | "paginate"> {
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
 * Looks for something, and then updates or creates it; repeats all of it, up to three times, if the server
 * has trouble or says to wait at most two minutes. Repeating only the creation could leave two.
 *
 * @throws PostError in place of every error of the API
 */
export async function upsert<T>(
  target: Repository,
  doing: Doing,
  { secondMs = 1_000 }: ApiOptions = {},
  attempt: (api: Api) => Promise<T>,
): Promise<T> {
  const { repository, apiUrl, token } = target;
  const [owner = "", repo = ""] = repository.split("/");
  const silent = () => undefined;
  const { rest, paginate } = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "taskrunner-storage",
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  try {
    return await pRetry(() => attempt({ rest, paginate, repo: { owner, repo } }), {
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
    if (!isApiError(error)) throw error;
    const said = (token ? error.message.replaceAll(token, "***") : error.message)
      .slice(0, 500)
      .replace(/\.$/, "");
    const answer = error.response ? `${error.status}, ${said}` : `no answer, ${said}`;
    throw new PostError(
      `${doing.what} failed. ${apiUrl} says: ${answer}. ${adviceOn(error, doing.permission)}`,
      error.response ? error.status : undefined,
    );
  }
}

/** Something could not be posted; the token is never in the message, and no request is attached. */
export class PostError extends Error {
  override readonly name = "PostError";

  /** @param status what the API answered, as an HTTP status; absent if there was no answer */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

interface Doing {
  /** Such as `Posting the comment of stack prod on o/r#5`. */
  readonly what: string;
  /** What a token needs for it, as workflows name it, such as `pull-requests: write`. */
  readonly permission: string;
}

/** The part of Octokit's error that counts here; the rest holds the request. */
interface ApiError {
  readonly status: number;
  readonly message: string;
  readonly response?: { readonly headers: Readonly<Record<string, string | undefined>> };
}

/** Whether an error is an answer of the API, or a request without an answer. */
export function isApiError(error: unknown): error is Error & ApiError {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

function adviceOn(error: ApiError, permission: string): string {
  const { status, response } = error;
  if (!response) return "Check GITHUB_API_URL and the network.";
  if (isRateLimit(error)) {
    const reset = Number(response.headers["x-ratelimit-reset"]);
    const until = reset > 0 ? ` until ${new Date(reset * 1_000).toISOString()}` : "";
    return `The rate limit is reached${until}. Run it again later.`;
  }
  if (status === 401) return "GITHUB_TOKEN is not valid or has expired. Set a valid one.";
  if (status === 403) {
    return `Give the job ${permission}; if the answer names a rate limit, run it again later.`;
  }
  if (status === 404) {
    return `It does not exist, or the token cannot see it: check GITHUB_REPOSITORY and ${permission}.`;
  }
  if (status === 410) return "Issues are disabled in this repository. Enable them.";
  if (status >= 500) return "It was tried four times. Run it again when the server works.";
  return "Nothing was posted.";
}

function isRateLimit({ status, response }: ApiError): boolean {
  const { "retry-after": after, "x-ratelimit-remaining": remaining } = response?.headers ?? {};
  return status === 429 || (status === 403 && (remaining === "0" || after !== undefined));
}

/** In how many seconds it is worth asking again, as the server says; Infinity if it is not. */
function secondsToWait(error: ApiError): number {
  if (error.status >= 500) return 0;
  if (!isRateLimit(error)) return Infinity;
  const { "retry-after": after, "x-ratelimit-reset": reset } = error.response?.headers ?? {};
  if (after !== undefined) return Number(after);
  // Without any word GitHub wants a minute at least.
  return reset === undefined ? 60 : Math.max(0, Number(reset) - Date.now() / 1_000);
}

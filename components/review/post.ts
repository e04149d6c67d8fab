import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Octokit } from "@octokit/rest";
import pRetry from "p-retry";
import type { Trigger } from "./input";

/** A pull request on GitHub, GitHub Enterprise or Gitea, and as whom to post on it. */
interface PullRequest {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
  /** The API's address, such as `https://api.github.com` or `https://git.example.org/api/v1`. */
  readonly apiUrl: string;
  /** Secret; it goes into the header of requests and nowhere else. */
  readonly token: string;
}

/** A stack's comment on a pull request. */
interface Comment extends PullRequest {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

/** The result of posting a comment. */
interface Posted {
  readonly outcome: "created" | "updated" | "unchanged";
  /** For a person's browser. */
  readonly url: string;
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

const [retries, longestWaitSeconds] = [3, 120];

/**
 * Creates the one comment of a stack on a pull request, or updates it. If the server has trouble or says to
 * wait at most two minutes, all of it is repeated: repeating only the creation could leave two comments.
 *
 * @param secondMs how long a second of waiting is, in ms; tests have no time
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function postComment(comment: Comment, { secondMs = 1_000 } = {}): Promise<Posted> {
  const { repository, pullRequest, stack, apiUrl, token } = comment;
  const silent = () => undefined;
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "taskrunner-storage",
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  try {
    return await pRetry(() => upsert(octokit.rest, octokit.paginate, comment), {
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
      `Posting the comment of stack ${stack} on ${repository}#${pullRequest} failed. ${apiUrl} says: ` +
        `${answer}. ${adviceOn(error)}`,
      error.response && error.status,
    );
  }
}

type Rest = Octokit["rest"];

async function upsert(
  rest: Rest,
  paginate: Octokit["paginate"],
  { repository, pullRequest, stack, body }: Comment,
): Promise<Posted> {
  const [owner = "", repo = ""] = repository.split("/");
  const on = { owner, repo, issue_number: pullRequest };
  const all = await paginate(rest.issues.listComments, { ...on, per_page: 100 });
  // As its first line, so that a quotation of it does not count.
  const withMarker = all.filter((one) => one.body?.split(/\r?\n/, 1)[0]?.trim() === marker(stack));
  const isOwn = withMarker.length > 0 ? await findOwnership(rest) : () => false;
  // Of two that were created at once the older one stays, because links may lead to it.
  const [first, ...others] = withMarker
    .filter(({ user }) => isOwn(user))
    .sort((a, b) => a.id - b.id);
  for (const { id } of others) {
    await rest.issues.deleteComment({ owner, repo, comment_id: id }).catch((error: unknown) => {
      // Another run may have been quicker.
      if (!isApiError(error) || error.status !== 404) throw error;
    });
  }
  const text = `${marker(stack)}\n${body}`;
  if (!first) {
    const { data } = await rest.issues.createComment({ ...on, body: text });
    return { outcome: "created", url: data.html_url };
  }
  const url = first.html_url;
  if (first.body === text) return { outcome: "unchanged", url };
  await rest.issues.updateComment({ owner, repo, comment_id: first.id, body: text });
  return { outcome: "updated", url };
}

/**
 * The hidden first line by which a stack's comment is found again. Another stack has another one, and no
 * name of a stack can end the HTML comment that it is in.
 */
export function marker(stack: string): string {
  return `<!-- taskrunner-storage:${encodeURIComponent(stack).replaceAll("--", "-%2D")} -->`;
}

type Author = { readonly login?: string; readonly type?: string } | null | undefined;

// Nobody else can have these names of workflows' users on Gitea and Forgejo.
const workflowUsers = ["gitea-actions", "forgejo-actions"];

// A text of somebody else is never taken for ours, whatever marker it has: its author could change it after the
// review. A workflow's token cannot ask who it is; it writes as a bot, and nobody else can.
async function findOwnership({ users }: Rest): Promise<(author: Author) => boolean> {
  try {
    const { login } = (await users.getAuthenticated()).data;
    return (author) => author?.login === login;
  } catch (error) {
    if (!isApiError(error) || ![401, 403, 404].includes(error.status)) throw error;
    return (author) => author?.type === "Bot" || workflowUsers.includes(author?.login ?? "");
  }
}

/** The part of Octokit's error that counts here; the rest holds the request. No response: no answer. */
interface ApiError {
  readonly status: number;
  readonly response?: { readonly headers: Readonly<Record<string, string | undefined>> };
}

function isApiError(error: unknown): error is Error & ApiError {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

const permission = "pull-requests: write";
const advice: Readonly<Record<number, string>> = {
  401: "GITHUB_TOKEN is not valid or has expired. Set a valid one.",
  403: `Give the job ${permission}; if the answer names a rate limit, run it again later.`,
  404: `It does not exist, or the token cannot see it: check GITHUB_REPOSITORY and ${permission}.`,
};

function adviceOn(error: ApiError): string {
  const { status, response } = error;
  if (!response) return "Check GITHUB_API_URL and the network.";
  if (isRateLimit(error)) {
    const reset = Number(response.headers["x-ratelimit-reset"]);
    const until = reset > 0 ? ` until ${new Date(reset * 1_000).toISOString()}` : "";
    return `The rate limit is reached${until}. Run it again later.`;
  }
  if (status >= 500) return "It was tried four times. Run it again when the server works.";
  return advice[status] ?? "Nothing was posted.";
}

function isRateLimit({ status, response }: ApiError): boolean {
  const { "retry-after": after, "x-ratelimit-remaining": remaining } = response?.headers ?? {};
  return status === 429 || (status === 403 && (remaining === "0" || after !== undefined));
}

function secondsToWait(error: ApiError): number {
  if (error.status >= 500) return 0;
  if (!isRateLimit(error)) return Infinity;
  const { "retry-after": after, "x-ratelimit-reset": reset } = error.response?.headers ?? {};
  if (after !== undefined) return Number(after);
  // Without any word GitHub wants a minute at least.
  return reset === undefined ? 60 : Math.max(0, Number(reset) - Date.now() / 1_000);
}

/** The variables that GitHub's and Gitea's runners set; `GITHUB_TOKEN` is to be handed over. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The pull request that a workflow runs for: its number is in the file of GITHUB_EVENT_PATH, else in GITHUB_REF
 * (`refs/pull/12/merge`). Without GITHUB_API_URL it is on github.com.
 *
 * @throws PostError with everything that is missing
 */
export function readPullRequest(env: Environment): PullRequest {
  const [, ofRef] = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? "") ?? [];
  const pullRequest = readEvent(env)?.number ?? Number(ofRef);
  const { GITHUB_REPOSITORY: repository = "", GITHUB_TOKEN: token = "" } = env;
  const apiUrl = (env.GITHUB_API_URL ?? "") || "https://api.github.com";
  const problems = [
    !/^[\w.-]+\/[\w.-]+$/.test(repository) &&
      "GITHUB_REPOSITORY is not set to owner/name; a workflow's runner sets it",
    token === "" && "GITHUB_TOKEN is not set: set it to ${{ github.token }} in the step's env",
    !URL.canParse(apiUrl) && "GITHUB_API_URL is not a URL",
    !(pullRequest > 0) &&
      "no pull request in the file of GITHUB_EVENT_PATH or in GITHUB_REF (refs/pull/<number>/merge): " +
        "post from a workflow on pull_request",
  ].filter((problem) => problem !== false);
  if (problems.length === 0) return { repository, apiUrl, token, pullRequest };
  throw new PostError(`The place to post to is unknown:\n  ${problems.join("\n  ")}`);
}

/** What triggers a review in a workflow; empty elsewhere. */
export function readTrigger(env: Environment): Trigger {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  const isMerged = env.GITHUB_EVENT_NAME === "pull_request";
  const head = isMerged ? readEvent(env)?.head?.sha : undefined;
  const commit = [head, env.GITHUB_SHA].find((sha = "") => /^[0-9a-f]{40}$/.test(sha));
  if (!server || !repository || commit === undefined) return {};
  // Gitea names what a commit is looked up by.
  const blob = env.GITEA_ACTIONS === "true" ? "src/commit" : "blob";
  const docs = `${server}/${repository}/${blob}/${commit}/docs/review.md`;
  return { commit, docs, before: isMerged ? "merge" : "approval" };
}

interface PullRequestEvent {
  readonly number?: number;
  readonly head?: { readonly sha?: string };
}

function readEvent({ GITHUB_EVENT_PATH: file }: Environment): PullRequestEvent | undefined {
  if (!file) return undefined;
  try {
    const event = JSON.parse(readFileSync(file, "utf8")) as { pull_request?: PullRequestEvent };
    return event.pull_request;
  } catch {
    return undefined;
  }
}

import { readFileSync } from "node:fs";
import { Octokit } from "@octokit/rest";
import pRetry from "p-retry";
import type { Trigger } from "./input";

/** A pull request on GitHub, GitHub Enterprise or Gitea, and the token that posts on it. */
interface PullRequest {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
  /** The API's address, such as `https://api.github.com` or `https://git.example.org/api/v1`. */
  readonly apiUrl: string;
  /** Secret; it goes into the header of requests and nowhere else. */
  readonly token: string;
}

interface Comment extends PullRequest {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

interface Posted {
  readonly outcome: "created" | "updated" | "unchanged";
  /** The comment's page in a browser. */
  readonly url: string;
}

/** Posting failed. The message never contains the token, and no request is attached. */
export class PostError extends Error {
  override readonly name = "PostError";
}

/**
 * Creates the one comment of a stack on a pull request, or updates it. After a server error it starts again from
 * the search: repeating only the creation could leave two comments.
 *
 * @param secondMs length of a second of waiting, in ms; tests shorten it
 * @throws PostError if the API refuses, or does not answer after three retries
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
    return await pRetry(() => upsert(octokit, comment), {
      retries: 3,
      minTimeout: secondMs,
      shouldRetry: ({ error }) => isApiError(error) && error.status >= 500,
    });
  } catch (error) {
    if (!isApiError(error)) throw error;
    const text = error.message.replaceAll(token, "***").slice(0, 500);
    const answer = error.response ? `${error.status}, ${text}` : `no answer, ${text}`;
    throw new PostError(
      `Posting the comment of stack ${stack} on ${repository}#${pullRequest} failed. ${apiUrl} says: ` +
        `${answer}. ${error.status >= 500 ? onTrouble : onRefusal}`,
    );
  }
}

async function upsert({ rest, paginate }: Octokit, comment: Comment): Promise<Posted> {
  const { repository, pullRequest, stack, body } = comment;
  const [owner = "", repo = ""] = repository.split("/");
  const on = { owner, repo, issue_number: pullRequest };
  const all = await paginate(rest.issues.listComments, { ...on, per_page: 100 });
  // Only the first line counts, so that a comment may quote the marker.
  const withMarker = all.filter((one) => one.body?.split(/\r?\n/, 1)[0]?.trim() === marker(stack));
  const isOwn = withMarker.length > 0 ? await findOwnership(rest) : () => false;
  // The older of two concurrent comments stays, because links may lead to it.
  const [first, ...others] = withMarker
    .filter(({ user }) => isOwn(user))
    .sort((a, b) => a.id - b.id);
  for (const { id } of others) await rest.issues.deleteComment({ owner, repo, comment_id: id });
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
 * The hidden first line that identifies a stack's comment. It is unique to the stack, and no stack's name can
 * end its HTML comment.
 */
export function marker(stack: string): string {
  return `<!-- taskrunner-storage:${encodeURIComponent(stack).replaceAll("--", "-%2D")} -->`;
}

type Author = { readonly login?: string; readonly type?: string } | null | undefined;

// Gitea and Forgejo reserve these names for their workflows.
const workflowUsers = ["gitea-actions", "forgejo-actions"];

// Another author's comment is never used, whatever marker it has: its author could change it after the review. A
// workflow's token cannot ask for its own name, but only workflows write as a bot.
async function findOwnership({ users }: Octokit["rest"]): Promise<(author: Author) => boolean> {
  try {
    const { login } = (await users.getAuthenticated()).data;
    return (author) => author?.login === login;
  } catch (error) {
    if (!isApiError(error) || ![401, 403, 404].includes(error.status)) throw error;
    return (author) => author?.type === "Bot" || workflowUsers.includes(author?.login ?? "");
  }
}

// The used part of Octokit's error; the rest holds the request. Without a response the server did not answer.
interface ApiError {
  readonly status: number;
  readonly response?: object;
}

function isApiError(error: unknown): error is Error & ApiError {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

const onTrouble =
  "It was tried four times. Check GITHUB_API_URL and the network, or run it again later.";
const onRefusal =
  "Check GITHUB_TOKEN, GITHUB_REPOSITORY and the permission pull-requests: write. At a rate limit, run it again later.";

// GitHub's and Gitea's runners set all variables except `GITHUB_TOKEN`, which the workflow passes.
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the pull request of a workflow. Its number is in the file of GITHUB_EVENT_PATH, otherwise in GITHUB_REF
 * (`refs/pull/12/merge`). Without GITHUB_API_URL it is on github.com.
 *
 * @throws PostError with everything that is missing
 */
export function readPullRequest(env: Environment): PullRequest {
  const [, ofRef] = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? "") ?? [];
  const pullRequest = readEvent(env)?.number ?? Number(ofRef);
  const { GITHUB_REPOSITORY: repository = "", GITHUB_TOKEN: token = "" } = env;
  const apiUrl = (env.GITHUB_API_URL ?? "") || "https://api.github.com";
  const missing = [
    !/^[\w.-]+\/[\w.-]+$/.test(repository) && "GITHUB_REPOSITORY (owner/name)",
    token === "" && "GITHUB_TOKEN (${{ github.token }} in the step's env)",
    !(pullRequest > 0) && "a pull request in GITHUB_EVENT_PATH or GITHUB_REF (refs/pull/N/merge)",
  ].filter((one) => one !== false);
  if (missing.length === 0) return { repository, apiUrl, token, pullRequest };
  throw new PostError(`Missing: ${missing.join(", ")}. Post from a workflow on pull_request.`);
}

/** Reads what triggered a review in a workflow; empty elsewhere. */
export function readTrigger(env: Environment): Trigger {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  const isGitea = env.GITEA_ACTIONS === "true";
  const isPullRequest = env.GITHUB_EVENT_NAME === "pull_request";
  // GITHUB_SHA of a pull request is the commit of its merge.
  const head = isPullRequest ? readEvent(env)?.head?.sha : undefined;
  const commit = [head, env.GITHUB_SHA].find((sha = "") => /^[0-9a-f]{40}$/.test(sha));
  if (!server || !repository || commit === undefined) return {};
  const address = `${server}/${repository}`;
  // Gitea's addresses name the kind of a reference. It has no approvals, and nobody approves a nightly run.
  const isApproved = !isGitea && env.GITHUB_EVENT_NAME !== "schedule";
  return {
    commit,
    docs: `${address}/${isGitea ? "src/commit" : "blob"}/${commit}/docs`,
    ...(run && { run: `${address}/actions/runs/${run}` }),
    ...(run && isApproved && { approval: isPullRequest ? "later" : "now" }),
  };
}

interface TriggerEvent {
  readonly pull_request?: { readonly number?: number; readonly head?: { readonly sha?: string } };
}

function readEvent({ GITHUB_EVENT_PATH: file = "" }: Environment): TriggerEvent["pull_request"] {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as TriggerEvent).pull_request;
  } catch {
    return undefined;
  }
}

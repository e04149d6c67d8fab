import { readFileSync } from "node:fs";
import { Octokit } from "@octokit/rest";
import type { Trigger } from "../input";
import { type Entry, type Environment, isApiError, PostError, type Thread } from "./thread";

/** A pull request on GitHub, GitHub Enterprise or Gitea, and the token that posts on it. */
interface PullRequest extends Pick<Thread, "apiUrl" | "token"> {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
}

/** The comments of a pull request. */
export function githubThread({ repository, pullRequest, apiUrl, token }: PullRequest): Thread {
  const silent = () => undefined;
  const { rest, paginate } = new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "taskrunner-storage",
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const [owner = "", repo = ""] = repository.split("/");
  const on = { owner, repo, issue_number: pullRequest };
  return {
    name: `${repository}#${pullRequest}`,
    apiUrl,
    token,
    advice,
    async list() {
      const all = await paginate(rest.issues.listComments, { ...on, per_page: 100 });
      return all.map(({ id, body = "", html_url: url, user: author }) => ({
        id,
        body,
        url,
        author,
      }));
    },
    async selectOwn(entries) {
      try {
        const { login } = (await rest.users.getAuthenticated()).data;
        return entries.filter(({ author }) => author?.login === login);
      } catch (error) {
        if (!isApiError(error) || ![401, 403, 404].includes(error.status)) throw error;
        // A workflow's token cannot ask for its own name, but only workflows write as a bot.
        return entries.filter(({ author }) => isWorkflow(author));
      }
    },
    async create(body) {
      return (await rest.issues.createComment({ ...on, body })).data.html_url;
    },
    async update(id, body) {
      await rest.issues.updateComment({ owner, repo, comment_id: id, body });
    },
    async remove(id) {
      await rest.issues.deleteComment({ owner, repo, comment_id: id });
    },
  };
}

// Gitea and Forgejo reserve these names for their workflows.
const workflowUsers = ["gitea-actions", "forgejo-actions"];
const isWorkflow = (author: Entry["author"]) =>
  author?.type === "Bot" || workflowUsers.includes(author?.login ?? "");

const advice = {
  onTrouble:
    "It was tried four times. Check GITHUB_API_URL and the network, or run it again later.",
  onRefusal:
    "Check GITHUB_TOKEN, GITHUB_REPOSITORY and the permission pull-requests: write. At a rate limit, run it again later.",
};

/**
 * Reads the pull request of a workflow. Its number is in the file of GITHUB_EVENT_PATH, otherwise in GITHUB_REF
 * (`refs/pull/12/merge`). Without GITHUB_API_URL it is on github.com. The runners of GitHub and Gitea set all variables
 * but GITHUB_TOKEN, which the workflow passes.
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
export function readGithubTrigger(env: Environment): Trigger {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  const isGitea = env.GITEA_ACTIONS === "true";
  const isPullRequest = env.GITHUB_EVENT_NAME === "pull_request";
  // GITHUB_SHA of a pull request is the commit of its merge.
  const head = isPullRequest ? readEvent(env)?.head?.sha : undefined;
  const commit = [head, env.GITHUB_SHA].find((sha = "") => /^[0-9a-f]{40}$/.test(sha));
  if (!server || !repository || commit === undefined) return {};
  const address = `${server}/${repository}`;
  // Gitea's addresses name the kind of a reference. It has no approvals, and a nightly run needs none.
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

import { readFileSync } from "node:fs";
import type { Occasion } from "../situation";
import { PostError, type Repository } from "./api";

/** A pull request to post on. */
export interface PullRequest extends Repository {
  readonly pullRequest: number;
}

/** The variables that GitHub's and Gitea's runners set; `GITHUB_TOKEN` is to be handed over. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The pull request that a workflow runs for: its repository, from GITHUB_REPOSITORY, GITHUB_TOKEN and
 * GITHUB_API_URL (default: github.com's), and the number in the event's file (GITHUB_EVENT_PATH), else in
 * GITHUB_REF (`refs/pull/12/merge`).
 *
 * @throws PostError with everything that is missing
 */
export function readPullRequest(env: Environment): PullRequest {
  const [, ofRef] = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? "") ?? [];
  const pullRequest = eventOf(env)?.number ?? Number(ofRef);
  const none =
    "no pull request in the file of GITHUB_EVENT_PATH or in GITHUB_REF " +
    "(refs/pull/<number>/merge): post from a workflow on pull_request";
  const { GITHUB_REPOSITORY: repository = "", GITHUB_TOKEN: token = "" } = env;
  const apiUrl = (env.GITHUB_API_URL ?? "") || "https://api.github.com";
  const problems = [
    ...(/^[\w.-]+\/[\w.-]+$/.test(repository)
      ? []
      : ["GITHUB_REPOSITORY is not set to owner/name; a workflow's runner sets it"]),
    ...(token === ""
      ? ["GITHUB_TOKEN is not set: set it to ${{ github.token }} in the step's env"]
      : []),
    ...(URL.canParse(apiUrl) ? [] : ["GITHUB_API_URL is not a URL"]),
    ...(pullRequest > 0 ? [] : [none]),
  ];
  if (problems.length === 0) return { repository, apiUrl, token, pullRequest };
  throw new PostError(`The place to post to is unknown:\n  ${problems.join("\n  ")}`);
}

/** What a review in a workflow is made for; elsewhere it is for nothing in particular. */
export function readOccasion(env: Environment): Occasion {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  const isMerged = env.GITHUB_EVENT_NAME === "pull_request";
  const head = isMerged ? eventOf(env)?.head?.sha : undefined;
  const commit = [head, env.GITHUB_SHA].find((sha = "") => /^[0-9a-f]{40}$/.test(sha));
  if (!server || !repository || commit === undefined) return {};
  // Gitea names what a commit is looked up by.
  const blob = env.GITEA_ACTIONS === "true" ? "src/commit" : "blob";
  const docs = `${server}/${repository}/${blob}/${commit}/docs/review.md`;
  return { commit, docs, before: isMerged ? "merge" : "approval" };
}

interface EventOfPullRequest {
  readonly number?: number;
  readonly head?: { readonly sha?: string };
}

function eventOf({ GITHUB_EVENT_PATH: file }: Environment): EventOfPullRequest | undefined {
  if (!file) return undefined;
  try {
    const event = JSON.parse(readFileSync(file, "utf8")) as { pull_request?: EventOfPullRequest };
    return event.pull_request;
  } catch {
    return undefined;
  }
}

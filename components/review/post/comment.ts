import { upsert, type Api, type ApiOptions, type Outcome } from "./api";
import { isApiError } from "./errors";
import { markBody, marker, ownTexts } from "./own";
import { readPullRequest, writeSummary, type Environment, type PullRequest } from "./target";

/** A stack's comment on a pull request. */
export interface Comment extends PullRequest {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

/** What became of it, and where it is. */
export interface Posted {
  readonly outcome: Outcome;
  /** For a person's browser. */
  readonly url: string;
}

/**
 * Creates the one comment of a stack on a pull request, or updates it. If two runs at once created
 * two, the older one is kept, because links may lead to it, and the others are removed.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function postComment(comment: Comment, options?: ApiOptions): Promise<Posted> {
  const { repository, pullRequest, stack, body } = comment;
  const what = `Posting the comment of stack ${stack} on ${repository}#${pullRequest}`;
  const mark = marker(stack);
  return upsert(comment, { what, permission: "pull-requests: write" }, options, async (api) => {
    const [first, ...others] = await former(api, pullRequest, mark);
    for (const { id } of others) await remove(api, id);
    return put(api, pullRequest, first, markBody(mark, body));
  });
}

/**
 * Posts what a reviewer reads: into the job's summary, and as the stack's comment on the pull
 * request that the workflow runs for. The summary comes first, and is there even if the API refuses.
 *
 * @param body Markdown
 * @param env of the workflow's step
 * @throws PostError if the pull request or the token is missing, or the API refuses
 */
export async function postReview(
  stack: string,
  body: string,
  env: Environment,
  options?: ApiOptions,
): Promise<Posted> {
  writeSummary(body, env);
  return postComment({ ...readPullRequest(env), stack, body }, options);
}

interface Former {
  readonly id: number;
  readonly body?: string;
  readonly html_url: string;
}

/** Our comments with this marker, the oldest first. */
async function former(api: Api, pullRequest: number, mark: string): Promise<Former[]> {
  const all = await api.paginate(api.rest.issues.listComments, {
    ...api.repo,
    issue_number: pullRequest,
    per_page: 100,
  });
  return (await ownTexts(api, mark, all)).sort((a, b) => a.id - b.id);
}

async function put(
  { rest, repo }: Api,
  pullRequest: number,
  found: Former | undefined,
  body: string,
): Promise<Posted> {
  if (!found) {
    const made = { ...repo, issue_number: pullRequest, body };
    return { outcome: "created", url: (await rest.issues.createComment(made)).data.html_url };
  }
  if (found.body === body) return { outcome: "unchanged", url: found.html_url };
  await rest.issues.updateComment({ ...repo, comment_id: found.id, body });
  return { outcome: "updated", url: found.html_url };
}

/** Another run may have been quicker. */
async function remove({ rest, repo }: Api, id: number): Promise<void> {
  await rest.issues.deleteComment({ ...repo, comment_id: id }).catch((error: unknown) => {
    if (!isApiError(error) || error.status !== 404) throw error;
  });
}

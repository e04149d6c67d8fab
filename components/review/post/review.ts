import type { ApiOptions } from "./api";
import { postComment, type Posted } from "./comment";
import { writeSummary } from "./summary";
import { readPullRequest, type Environment } from "./target";

/**
 * Posts what a reviewer reads: into the job's summary, and as the stack's comment on the pull
 * request that the workflow runs for. The summary comes first, and is there where the API refuses.
 *
 * @param body Markdown
 * @param env of the workflow's step
 * @throws PostError where the pull request or the token is missing, or the API refuses
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

import { upsert, type ApiOptions, type Posted } from "./api";
import { keepOne, marker } from "./own";
import type { PullRequest } from "./target";

/** A stack's comment on a pull request. */
export interface Comment extends PullRequest {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

/**
 * Creates the one comment of a stack on a pull request, or updates it.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function postComment(comment: Comment, options?: ApiOptions): Promise<Posted> {
  const { repository, pullRequest, stack, body } = comment;
  const what = `Posting the comment of stack ${stack} on ${repository}#${pullRequest}`;
  return upsert(comment, { what, permission: "pull-requests: write" }, options, (api) => {
    const { repo, rest } = api;
    const on = { ...repo, issue_number: pullRequest };
    return keepOne(api, marker(stack), body, {
      list: () => api.paginate(rest.issues.listComments, { ...on, per_page: 100 }),
      create: async (body) => (await rest.issues.createComment({ ...on, body })).data,
      update: ({ id }, body) => rest.issues.updateComment({ ...repo, comment_id: id, body }),
      remove: ({ id }) => rest.issues.deleteComment({ ...repo, comment_id: id }),
    });
  });
}

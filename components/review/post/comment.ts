import { upsert, type ApiOptions, type Posted } from "./api";
import { keepOne, marker } from "./own";
import type { PullRequest, Repository } from "./target";

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
    return keepOne(
      api,
      marker(stack),
      { body },
      {
        list: () => api.paginate(rest.issues.listComments, { ...on, per_page: 100 }),
        create: async ({ body }) => (await rest.issues.createComment({ ...on, body })).data,
        update: ({ id }, { body }) => rest.issues.updateComment({ ...repo, comment_id: id, body }),
        remove: ({ id }) => rest.issues.deleteComment({ ...repo, comment_id: id }),
      },
    );
  });
}

/** A stack's issue about its drift. */
export interface Issue extends Repository {
  readonly stack: string;
  readonly title?: string;
  /** Markdown, without the marker; absent where nothing differs any more. */
  readonly body?: string | undefined;
}

/**
 * Opens the one issue of a stack about its drift or updates the one that is open; closes it where
 * nothing differs any more. One that was closed stays closed: a later drift gets a new one.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function openOrUpdateIssue(issue: Issue, options?: ApiOptions): Promise<Posted> {
  const { repository, stack, title = "", body } = issue;
  const what = `Writing the issue about the drift of stack ${stack} in ${repository}`;
  const wanted = body === undefined ? undefined : { title, body };
  return upsert(issue, { what, permission: "issues: write" }, options, (api) => {
    const { repo, rest } = api;
    // Gitea reads `limit`, not `per_page`.
    const open = { ...repo, state: "open", per_page: 100, limit: 50 } as const;
    return keepOne(api, marker(stack, "drift"), wanted, {
      list: async () =>
        (await api.paginate(rest.issues.listForRepo, open)).filter((one) => !one.pull_request),
      create: async (text) => (await rest.issues.create({ ...repo, title, ...text })).data,
      update: ({ number }, text) => rest.issues.update({ ...repo, issue_number: number, ...text }),
      remove: ({ number }) =>
        rest.issues.update({ ...repo, issue_number: number, state: "closed" }),
    });
  });
}

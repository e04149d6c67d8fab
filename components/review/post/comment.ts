import { isApiError, upsert, type Api, type ApiOptions, type Posted } from "./api";
import type { PullRequest } from "./target";

/** A stack's comment on a pull request. */
interface Comment extends PullRequest {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

/**
 * Creates the one comment of a stack on a pull request, or updates it. If two runs at once created two, the
 * older one is kept, because links may lead to it, and the others are removed.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function postComment(comment: Comment, options?: ApiOptions): Promise<Posted> {
  const { repository, pullRequest, stack, body } = comment;
  const what = `Posting the comment of stack ${stack} on ${repository}#${pullRequest}`;
  return upsert(comment, { what, permission: "pull-requests: write" }, options, async (api) => {
    const { issues } = api.rest;
    const on = { ...api.repo, issue_number: pullRequest };
    const all = await api.paginate(issues.listComments, { ...on, per_page: 100 });
    // As its first line, so that a quotation of it does not count.
    const withMarker = all.filter(
      (one) => one.body?.split(/\r?\n/, 1)[0]?.trim() === marker(stack),
    );
    const isOwn = withMarker.length > 0 ? await ownership(api) : () => false;
    const [first, ...others] = withMarker
      .filter(({ user }) => isOwn(user))
      .sort((a, b) => a.id - b.id);
    for (const { id } of others) {
      await issues.deleteComment({ ...api.repo, comment_id: id }).catch((error: unknown) => {
        // Another run may have been quicker.
        if (!isApiError(error) || error.status !== 404) throw error;
      });
    }
    const text = `${marker(stack)}\n${body}`;
    if (!first) {
      const { data } = await issues.createComment({ ...on, body: text });
      return { outcome: "created", url: data.html_url };
    }
    const url = first.html_url;
    if (first.body === text) return { outcome: "unchanged", url };
    await issues.updateComment({ ...api.repo, comment_id: first.id, body: text });
    return { outcome: "updated", url };
  });
}

/**
 * The hidden first line by which a stack's comment is found again. Another stack has another one, and no
 * name of a stack can end the HTML comment that it is in.
 */
export function marker(stack: string): string {
  return `<!-- taskrunner-storage:${encodeURIComponent(stack).replaceAll("--", "-%2D")} -->`;
}

type Author = { readonly login?: string; readonly type?: string } | null | undefined;

/** The users that workflows act as on Gitea and Forgejo; nobody else can have these names. */
const workflowUsers = ["gitea-actions", "forgejo-actions"];

/**
 * Tells what the token's user wrote from what others did. A text of somebody else is never taken
 * for ours, whatever marker it has: its author could change it after the review.
 *
 * A workflow's token cannot ask who it is; it writes as a bot, and nobody else can.
 */
async function ownership({ rest }: Api): Promise<(author: Author) => boolean> {
  try {
    const { login } = (await rest.users.getAuthenticated()).data;
    return (author) => author?.login === login;
  } catch (error) {
    if (!isApiError(error) || ![401, 403, 404].includes(error.status)) throw error;
    return (author) => author?.type === "Bot" || workflowUsers.includes(author?.login ?? "");
  }
}

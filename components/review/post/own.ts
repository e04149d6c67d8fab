import type { Api } from "./api";
import { isApiError } from "./errors";

/** Who wrote something, as the API has it. */
export type Author = { readonly login?: string; readonly type?: string } | null | undefined;

/** The users that workflows act as on Gitea and Forgejo; nobody else can have these names. */
const workflowUsers = ["gitea-actions", "forgejo-actions"];

/**
 * Tells what the token's user wrote from what others did. A text of somebody else is never taken
 * for ours, whatever marker it has: its author could change it after the review.
 *
 * A workflow's token cannot ask who it is; it writes as a bot, and nobody else can.
 */
export async function ownership(api: Api): Promise<(author: Author) => boolean> {
  const login = await loginOf(api);
  if (login !== undefined) return (author) => author?.login === login;
  return (author) => author?.type === "Bot" || workflowUsers.includes(author?.login ?? "");
}

async function loginOf({ rest }: Api): Promise<string | undefined> {
  try {
    return (await rest.users.getAuthenticated()).data.login;
  } catch (error) {
    if (isApiError(error) && [401, 403, 404].includes(error.status)) return undefined;
    throw error;
  }
}

import type { Api } from "./api";
import { isApiError } from "./errors";

/** What one stack has one of. */
type Kind = "comment" | "drift";

/**
 * The hidden first line by which a stack's comment or issue is found again. Another stack has
 * another one, and no name of a stack can end the HTML comment that it is in.
 */
export function marker(stack: string, kind: Kind = "comment"): string {
  const name = encodeURIComponent(stack).replaceAll("--", "-%2D");
  return `<!-- taskrunner-storage${kind === "comment" ? "" : `-${kind}`}:${name} -->`;
}

/** A text with its marker. */
export function markBody(mark: string, body: string): string {
  return `${mark}\n${body}`;
}

/** A comment or an issue, as far as it says whose it is. */
interface Text {
  readonly body?: string | null;
  readonly user: Author;
}

/** Those with this marker that the token's user wrote. */
export async function ownTexts<T extends Text>(
  api: Api,
  mark: string,
  all: readonly T[],
): Promise<T[]> {
  const withMarker = all.filter(({ body }) => hasMarker(mark, body));
  if (withMarker.length === 0) return [];
  const isOwn = await ownership(api);
  return withMarker.filter(({ user }) => isOwn(user));
}

/** Whether a text has this marker: as its first line, so that a quotation of it does not count. */
function hasMarker(mark: string, body: string | null | undefined): boolean {
  return body?.split(/\r?\n/, 1)[0]?.trim() === mark;
}

/** Who wrote something, as the API has it. */
type Author = { readonly login?: string; readonly type?: string } | null | undefined;

/** The users that workflows act as on Gitea and Forgejo; nobody else can have these names. */
const workflowUsers = ["gitea-actions", "forgejo-actions"];

/**
 * Tells what the token's user wrote from what others did. A text of somebody else is never taken
 * for ours, whatever marker it has: its author could change it after the review.
 *
 * A workflow's token cannot ask who it is; it writes as a bot, and nobody else can.
 */
async function ownership(api: Api): Promise<(author: Author) => boolean> {
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

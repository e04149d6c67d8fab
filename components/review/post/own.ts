import type { Api, Posted } from "./api";
import { isApiError } from "./errors";

/**
 * The hidden first line by which a stack's comment is found again. Another stack has another one, and no
 * name of a stack can end the HTML comment that it is in.
 */
export function marker(stack: string): string {
  return `<!-- taskrunner-storage:${encodeURIComponent(stack).replaceAll("--", "-%2D")} -->`;
}

/** A comment as the API has it. */
interface Found {
  readonly id: number;
  readonly body?: string | null;
  readonly user: Author;
  readonly html_url: string;
}

/** How comments are listed, written and removed; a text is Markdown with its marker. */
interface Place<T extends Found> {
  list(): Promise<readonly T[]>;
  create(text: string): Promise<T>;
  update(found: T, text: string): Promise<unknown>;
  remove(found: T): Promise<unknown>;
}

/**
 * Creates the one comment of ours with a marker, or updates it. If two runs at once created two, the older
 * one is kept, because links may lead to it, and the others are removed.
 *
 * @param body Markdown, without the marker
 */
export async function keepOne<T extends Found>(
  api: Api,
  mark: string,
  body: string,
  place: Place<T>,
): Promise<Posted> {
  const all = await ownTexts(api, mark, await place.list());
  const [first, ...others] = all.sort((a, b) => a.id - b.id);
  for (const other of others) await place.remove(other).catch(ignoreGone);
  const text = `${mark}\n${body}`;
  if (!first) return { outcome: "created", url: (await place.create(text)).html_url };
  const url = first.html_url;
  if (first.body === text) return { outcome: "unchanged", url };
  await place.update(first, text);
  return { outcome: "updated", url };
}

/** Another run may have been quicker. */
function ignoreGone(error: unknown): void {
  if (!isApiError(error) || error.status !== 404) throw error;
}

/** Those with this marker that the token's user wrote. */
async function ownTexts<T extends Found>(api: Api, mark: string, all: readonly T[]): Promise<T[]> {
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

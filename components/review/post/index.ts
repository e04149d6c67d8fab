import { existsSync } from "node:fs";
import pRetry from "p-retry";
import type { Trigger } from "../input";
import { githubThread, readGithubTrigger, readPullRequest } from "./github";
import { gitlabThread, readGitlabTrigger, readMergeRequest } from "./gitlab";
import { type Environment, isApiError, PostError, type Thread } from "./thread";

export { PostError };

interface Comment {
  readonly stack: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

interface Posted {
  readonly outcome: "created" | "updated" | "unchanged";
  /** The comment's page in a browser. */
  readonly url: string;
}

const isGitlab = (env: Environment) => env.GITLAB_CI === "true";

/**
 * Finds the pull or merge request that a job runs for.
 *
 * @throws PostError with everything that is missing
 */
export const readThread = (env: Environment): Thread =>
  isGitlab(env) ? gitlabThread(readMergeRequest(env)) : githubThread(readPullRequest(env));

/** Reads what triggered a review in a job; empty elsewhere. Only a clone has the pages that explain a comment. */
export function readTrigger(env: Environment): Trigger {
  const { docs, ...rest } = isGitlab(env) ? readGitlabTrigger(env) : readGithubTrigger(env);
  return { ...rest, ...(docs !== undefined && existsSync("docs/review.md") && { docs }) };
}

/**
 * Creates the one comment of a stack on a pull or merge request, or updates it. After a server error it starts
 * again from the search: repeating only the creation could leave two comments.
 *
 * @param secondMs length of a second of waiting, in ms; tests shorten it
 * @throws PostError if the API refuses, or does not answer after three retries
 */
export async function postComment(
  thread: Thread,
  comment: Comment,
  { secondMs = 1_000 } = {},
): Promise<Posted> {
  const { name, apiUrl, token, advice } = thread;
  try {
    return await pRetry(() => upsert(thread, comment), {
      retries: 3,
      minTimeout: secondMs,
      shouldRetry: ({ error }) => isApiError(error) && error.status >= 500,
    });
  } catch (error) {
    if (!isApiError(error)) throw error;
    const text = error.message.replaceAll(token, "***").slice(0, 500);
    const answer = error.response ? `${error.status}, ${text}` : `no answer, ${text}`;
    throw new PostError(
      `Posting the comment of stack ${comment.stack} on ${name} failed. ${apiUrl} says: ` +
        `${answer}. ${error.status >= 500 ? advice.onTrouble : advice.onRefusal}`,
    );
  }
}

async function upsert(thread: Thread, { stack, body }: Comment): Promise<Posted> {
  const all = await thread.list();
  // Only the first line counts, so that a comment may quote the marker.
  const withMarker = all.filter((one) => one.body.split(/\r?\n/, 1)[0]?.trim() === marker(stack));
  const own = withMarker.length > 0 ? await thread.selectOwn(withMarker) : [];
  // The older of two concurrent comments stays, because links may lead to it.
  const [first, ...others] = own.toSorted((a, b) => a.id - b.id);
  for (const { id } of others) await thread.remove(id);
  const text = `${marker(stack)}\n${body}`;
  if (!first) return { outcome: "created", url: await thread.create(text) };
  const { id, url } = first;
  if (first.body === text) return { outcome: "unchanged", url };
  await thread.update(id, text);
  return { outcome: "updated", url };
}

/**
 * The hidden first line that identifies a stack's comment. It is unique to the stack, and no stack's name can
 * end its HTML comment.
 */
export function marker(stack: string): string {
  return `<!-- taskrunner-storage:${encodeURIComponent(stack).replaceAll("--", "-%2D")} -->`;
}

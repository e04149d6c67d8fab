import { upsert, type Api, type ApiOptions, type Outcome } from "./api";
import { markBody, marker, ownTexts } from "./own";
import type { Repository } from "./target";

/** A stack's issue about its drift. */
export interface Issue extends Repository {
  readonly stack: string;
  readonly title: string;
  /** Markdown, without the marker; undefined where nothing differs any more. */
  readonly body: string | undefined;
}

/** What became of the issue; `none`: there is none, and none is needed. */
export interface IssuePosted {
  readonly outcome: Outcome | "closed" | "none";
  readonly url?: string;
}

/**
 * Opens the one issue of a stack about its drift or updates the one that is open; closes it where
 * nothing differs any more. One that was closed stays closed: a later drift gets a new one.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function openOrUpdateIssue(issue: Issue, options?: ApiOptions): Promise<IssuePosted> {
  const { repository, stack, title, body } = issue;
  const what = `Writing the issue about the drift of stack ${stack} in ${repository}`;
  const mark = marker(stack, "drift");
  return upsert(issue, { what, permission: "issues: write" }, options, async (api) => {
    const [first, ...others] = await open(api, mark);
    for (const { number } of others) await close(api, number);
    if (body !== undefined) return put(api, first, title, markBody(mark, body));
    if (!first) return { outcome: "none" };
    await close(api, first.number);
    return { outcome: "closed", url: first.html_url };
  });
}

interface Open {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly html_url: string;
}

/** Our open issues with this marker, the oldest first. Gitea reads `limit`, not `per_page`. */
async function open(api: Api, mark: string): Promise<Open[]> {
  const all = await api.paginate(api.rest.issues.listForRepo, {
    ...api.repo,
    state: "open",
    per_page: 100,
    limit: 50,
  });
  const issues = all.filter((one) => !one.pull_request);
  return (await ownTexts(api, mark, issues)).sort((a, b) => a.number - b.number);
}

async function put(
  { rest, repo }: Api,
  found: Open | undefined,
  title: string,
  body: string,
): Promise<IssuePosted> {
  if (!found) {
    const made = await rest.issues.create({ ...repo, title, body });
    return { outcome: "created", url: made.data.html_url };
  }
  const url = found.html_url;
  if (found.title === title && found.body === body) return { outcome: "unchanged", url };
  await rest.issues.update({ ...repo, issue_number: found.number, title, body });
  return { outcome: "updated", url };
}

async function close({ rest, repo }: Api, number: number): Promise<void> {
  await rest.issues.update({ ...repo, issue_number: number, state: "closed" });
}

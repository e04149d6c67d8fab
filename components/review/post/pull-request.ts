import pRetry from "p-retry";
import { upsert, type Api, type ApiOptions, type Posted } from "./api";
import { isApiError } from "./errors";
import type { Repository } from "./target";

/** A branch that was pushed and is to be merged. */
export interface Proposal extends Repository {
  /** In the repository itself, not in a fork. */
  readonly branch: string;
  /** The branch that it goes into. */
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/**
 * Opens the pull request of a branch, unless it is open: what was pushed to the branch is in it then.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function openPullRequest(proposal: Proposal, options?: ApiOptions): Promise<Posted> {
  const { repository, branch, base, title, body } = proposal;
  const what = `Opening the pull request of branch ${branch} in ${repository}`;
  return upsert(proposal, { what, permission: "pull-requests: write" }, options, async (api) => {
    const open = await openOf(api, proposal);
    if (open !== undefined) return { outcome: "unchanged", url: open };
    await waitForBranch(api, branch, options);
    const made = { ...api.repo, head: branch, base, title, body };
    return { outcome: "created", url: (await api.rest.pulls.create(made)).data.html_url };
  });
}

/** Gitea lists a branch only a moment after it was pushed, and until then refuses its pull request. */
async function waitForBranch(api: Api, branch: string, { secondMs = 1_000 }: ApiOptions = {}) {
  await pRetry(() => api.rest.repos.getBranch({ ...api.repo, branch }), {
    ...{ retries: 10, factor: 1, minTimeout: secondMs },
    shouldRetry: ({ error }) => isApiError(error) && error.status === 404,
  });
}

/** GitHub filters by `head`; Gitea gives all that are open. */
async function openOf(api: Api, { branch, base }: Proposal): Promise<string | undefined> {
  const all = await api.paginate(api.rest.pulls.list, {
    ...api.repo,
    state: "open",
    head: `${api.repo.owner}:${branch}`,
    per_page: 100,
  });
  const full = `${api.repo.owner}/${api.repo.repo}`;
  const isIt = ({ head, base: into }: (typeof all)[number]) =>
    // A branch of a fork may have the same name; a fork that is gone has no repository.
    head.ref === branch &&
    into.ref === base &&
    (head.repo as typeof head.repo | null)?.full_name === full;
  return all.find(isIt)?.html_url;
}

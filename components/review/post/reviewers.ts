import { upsert, type ApiOptions } from "./api";
import { isApiError } from "./errors";
import type { Repository } from "./target";

/** A repository's environment, whose reviewers approve a job. */
export interface Environment extends Repository {
  readonly environment: string;
}

/**
 * Whether somebody has to approve a job of this environment. Without a required reviewer, or without the
 * environment itself, a job that names it starts at once.
 *
 * @throws PostError if the API refuses, or does not answer after all retries
 */
export async function hasRequiredReviewer(
  target: Environment,
  options?: ApiOptions,
): Promise<boolean> {
  const { repository, environment } = target;
  const what = `Reading the environment ${environment} of ${repository}`;
  return upsert(target, { what, permission: "actions: read" }, options, async (api) => {
    const asked = { ...api.repo, environment_name: environment };
    const found = await api.rest.repos.getEnvironment(asked).catch((error: unknown) => {
      if (isApiError(error) && error.status === 404) return undefined;
      throw error;
    });
    const rules = found?.data.protection_rules ?? [];
    return rules.some((rule) => "reviewers" in rule && rule.reviewers.length > 0);
  });
}

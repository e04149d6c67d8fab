import pRetry from "p-retry";
import { isApiError } from "./errors";

/** What became of what was posted. */
export type Outcome = "created" | "updated" | "unchanged";

/**
 * Looks for something, and then updates or creates it; all of it again, up to three times, where the
 * server has trouble (5xx, or no answer). The creation alone again would leave two where the first
 * one had worked and its answer was lost.
 */
export async function upsert<T>(secondMs: number, attempt: () => Promise<T>): Promise<T> {
  return pRetry(attempt, {
    retries: 3,
    minTimeout: secondMs,
    shouldRetry: ({ error }) => isApiError(error) && error.status >= 500,
  });
}

import { setTimeout as sleep } from "node:timers/promises";
import { progressEveryMs, nameFirst, redact } from "../text";
import { ClusterError, describeApiLocation, type ApiLocation } from "./request";

/** An object that a step still waits for, such as `pod a`, and its problem. */
export interface Obstacle {
  readonly object: string;
  readonly found: string;
  /** Such as Kubernetes' own words; may be empty. */
  readonly detail?: string;
  readonly advice: string;
}

/** A wait timed out. The message continues a sentence: `after 600 s, in namespace apps:` and what blocks. */
export class WaitTimeout extends Error {
  override readonly name = "WaitTimeout";
}

/**
 * Looks until nothing blocks the step: quickly at first, then once a second. Repeats a look that failed in passing, but
 * not the first.
 *
 * @param what is waited for, such as a service
 * @param look finds what blocks the step
 * @param silenceSeconds how long the API may fail to answer
 * @throws WaitTimeout; ClusterError if the API does not answer
 */
export async function watch(
  { location }: { readonly location: ApiLocation },
  what: string,
  timeoutSeconds: number,
  look: () => Promise<readonly Obstacle[]>,
  silenceSeconds = timeoutSeconds,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  let last = { at: 0, news: "" };
  // At once if a line has news, and otherwise every ten seconds.
  const progress = (line: string) => {
    const news = line.replace(/\b\d+ s\b/g, "");
    if (news === last.news && Date.now() - last.at < progressEveryMs) return;
    last = { at: Date.now(), news };
    console.log(`${what}: ${line}`);
  };
  let answeredAt = -Infinity;
  let pauseMs = 100;
  for (;;) {
    const isLast = Date.now() >= deadline;
    try {
      const obstacles = await look();
      answeredAt = Date.now();
      if (obstacles.length === 0) return;
      if (isLast) {
        const when = `after ${timeoutSeconds} s, in ${describeApiLocation(location)}:`;
        throw new WaitTimeout([when, ...obstacles.map(formatObstacle)].join("\n"));
      }
      progress(formatProgress(obstacles));
    } catch (error) {
      const isTransient = error instanceof ClusterError && error.isTransient;
      const isSilent = Date.now() - answeredAt >= silenceSeconds * 1_000;
      if (isSilent || isLast || !isTransient) throw error;
      progress(error.message);
    }
    await sleep(Math.max(0, Math.min(pauseMs, deadline - Date.now())));
    pauseMs = Math.min(1_000, 2 * pauseMs);
  }
}

/** Obstacles in a line of progress. */
export function formatProgress(obstacles: readonly Obstacle[]): string {
  const words = obstacles.map(({ object, found }) => `${object} (${found})`);
  return `${obstacles.length} to go: ${nameFirst(words, 5)}`;
}

/** An obstacle in the error of a step that did not finish. */
export function formatObstacle({ object, found, detail, advice }: Obstacle): string {
  const sentence = [found, detail].filter(Boolean).join(", ").replace(/\.$/, "");
  return `${object}: ${sentence}. ${advice}`;
}

/** Kubernetes' words in one line, without the password of a URL. */
export const quote = (message = "") => redact(message).replace(/\s+/g, " ").trim();

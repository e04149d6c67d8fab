import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError } from "./errors";
import { inFull, inProgress, type Moment, type Obstacle } from "./obstacle";

/** How a watch goes. */
export interface Watch {
  /** What is waited for, such as a service. */
  readonly what: string;
  readonly timeoutSeconds: number;
  /** Takes a line of progress. */
  readonly say: (line: string) => void;
  /** Looks once, and says what is in the way. */
  readonly look: (moment: Moment) => Promise<readonly Obstacle[]>;
  /** The cluster's recorded warnings; asked for once, at the end of the time. */
  readonly warnings: () => Promise<Moment["warnings"]>;
}

const everyMs = 1_000;
const sayEveryMs = 10_000;

/**
 * Looks once a second until nothing is in the way; a poll has nothing that could be dropped. An API
 * that stops to answer in between is asked again.
 *
 * @returns why it is not done when the time is over; nothing where it is done
 * @throws what a look throws, a passing failure of the first one included
 */
export async function watch(options: Watch): Promise<readonly string[]> {
  const deadline = Date.now() + options.timeoutSeconds * 1_000;
  const progress = progressOf(options);
  let answers = false;
  for (;;) {
    const isLast = Date.now() >= deadline;
    try {
      const warnings = isLast ? await options.warnings().catch(() => []) : [];
      const obstacles = await options.look({ now: new Date(), warnings });
      answers = true;
      if (obstacles.length === 0) return [];
      if (isLast) return obstacles.map(inFull);
      progress(inProgress(obstacles));
    } catch (error) {
      if (!answers || !(error instanceof ClusterError && error.isPassing)) throw error;
      if (isLast) return [error.message];
      progress(error.message);
    }
    await sleep(Math.max(0, Math.min(everyMs, deadline - Date.now())));
  }
}

/** Says a line where it tells something new, and else every ten seconds. */
function progressOf({ what, say }: Watch): (line: string) => void {
  let last = { at: 0, news: "" };
  return (line) => {
    const news = line.replace(/\b\d+ s\b/g, "");
    if (news === last.news && Date.now() - last.at < sayEveryMs) return;
    last = { at: Date.now(), news };
    say(`${what}: ${line}`);
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { progressEveryMs } from "../contract/progress";
import { nameFirst, redact } from "../contract/text";
import { ClusterError, describeApiPlace, type ApiPlace } from "./request";

/** What a step still waits for. */
export interface Obstacle {
  /** Such as `pod a`. */
  readonly object: string;
  /** What is the matter with it, in few words. */
  readonly found: string;
  /** More of it, such as Kubernetes' own words; may be empty. */
  readonly detail?: string;
  /** What a person can do about it. */
  readonly advice: string;
}

/** What the cluster warned of last about an object. */
export interface Warning {
  /** The object's. */
  readonly uid: string | undefined;
  readonly message: string | undefined;
  readonly at: Date;
}

/** When something is looked at, and the warnings that the cluster has recorded until then. */
export interface Moment {
  readonly now: Date;
  readonly warnings: readonly Warning[];
}

/** What is asked of the cluster itself. */
interface Watched {
  readonly place: ApiPlace;
  readonly warnings: () => Promise<readonly Warning[]>;
}

interface Watch {
  /** What is waited for, such as a service. */
  readonly what: string;
  readonly timeoutSeconds: number;
  /** Looks once, and says what blocks it. */
  readonly look: (moment: Moment) => Promise<readonly Obstacle[]>;
}

const everyMs = 1_000;

/** The time of a wait is over, and something still blocks it. */
export class WaitTimeout extends Error {
  override readonly name = "WaitTimeout";

  /** @param when such as `after 600 s, in namespace apps of context prod` */
  constructor(
    readonly obstacles: readonly Obstacle[],
    readonly when: string,
  ) {
    super(`${when}:\n${obstacles.map(inFull).join("\n")}`);
  }
}

/**
 * Looks once a second until nothing blocks it. An API that stops answering in between is asked again; a
 * failure of the first look is thrown.
 *
 * @throws WaitTimeout with what still blocks it when the time is over
 */
export async function watch(
  { place, warnings: recorded }: Watched,
  { what, timeoutSeconds, look }: Watch,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  let last = { at: 0, news: "" };
  // A line that tells something new, and else every ten seconds.
  const progress = (line: string) => {
    const news = line.replace(/\b\d+ s\b/g, "");
    if (news === last.news && Date.now() - last.at < progressEveryMs) return;
    last = { at: Date.now(), news };
    console.log(`${what}: ${line}`);
  };
  let answers = false;
  for (;;) {
    const isLast = Date.now() >= deadline;
    try {
      // Asked for once, at the end of the time.
      const warnings = isLast ? await recorded().catch(() => []) : [];
      const obstacles = await look({ now: new Date(), warnings });
      answers = true;
      if (obstacles.length === 0) return;
      if (isLast) {
        const when = `after ${timeoutSeconds} s, in ${describeApiPlace(place)}`;
        throw new WaitTimeout(obstacles, when);
      }
      progress(inProgress(obstacles));
    } catch (error) {
      const isTransient = error instanceof ClusterError && error.isTransient;
      if (!answers || isLast || !isTransient) throw error;
      progress(error.message);
    }
    await sleep(Math.max(0, Math.min(everyMs, deadline - Date.now())));
  }
}

/** Obstacles in a line of progress. */
export function inProgress(obstacles: readonly Obstacle[]): string {
  const words = obstacles.map(({ object, found }) => `${object} (${found})`);
  return `${obstacles.length} to go: ${nameFirst(words, 5)}`;
}

/** An obstacle as a reason of a step that did not finish. */
export function inFull({ object, found, detail, advice }: Obstacle): string {
  const sentence = [found, detail].filter(Boolean).join(", ").replace(/\.$/, "");
  return `${object}: ${sentence}. ${advice}`;
}

/** The newest warning about an object; undefined where there is none. */
export function warningOf(uid: string | undefined, { warnings }: Moment): Warning | undefined {
  const own = warnings.filter((one) => one.uid === uid);
  return own.toSorted((one, other) => other.at.getTime() - one.at.getTime())[0];
}

/** What Kubernetes says, in one line that shows no password of a URL. */
export function quote(message: string | undefined): string {
  return redact(message ?? "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The seconds from one moment to another, never below 0. */
export function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.round((to.getTime() - from.getTime()) / 1_000));
}

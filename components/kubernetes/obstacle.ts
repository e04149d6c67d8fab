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

const namedInProgress = 5;

/** Obstacles in a line of progress. */
export function inProgress(obstacles: readonly Obstacle[]): string {
  const named = obstacles.slice(0, namedInProgress);
  const words = named.map(({ object, found }) => `${object} (${found})`).join(", ");
  const more = obstacles.length - named.length;
  return `${obstacles.length} to go: ${words}${more > 0 ? ` and ${more} more` : ""}`;
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
export function quoted(message: string | undefined): string {
  return (message ?? "")
    .replace(/:\/\/[^\s/]+@/g, "://***@")
    .replace(/\s+/g, " ")
    .trim();
}

/** The seconds from one moment to another, never below 0. */
export function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.round((to.getTime() - from.getTime()) / 1_000));
}

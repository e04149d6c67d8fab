import pRetry from "p-retry";
import { ClusterError, nameOf, describePlace } from "../../kubernetes";
import { indexOf, ownExitCode, podsOf, type Namespace } from "./api";
import { JobError, withoutSecrets } from "./errors";

/** So many last lines of a failed pod are in the error, of so many pods. */
const [lastLines, namedPods] = [15, 3];

/** A node that does not answer for a moment is asked again, for a quarter of a minute in all. */
const patience = { retries: 4, minTimeout: 1_000 };

/** Why a Job has failed: Kubernetes' words, and the last ones of the pods that failed. */
export async function reasonsOf(
  namespace: Namespace,
  name: string,
  why: string,
): Promise<string[]> {
  const pods = await podsOf(namespace, name);
  const failed = pods
    .filter((pod) => pod.status?.phase === "Failed" || ownExitCode(pod))
    .slice(-namedPods);
  const words = failed.map(async (pod) => {
    const log = await logOf(namespace, nameOf(pod), lastLines).catch((error: unknown) => {
      return `its log cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    });
    const lines = log.trim().split("\n").map(withoutSecrets);
    return [`Last lines of pod ${nameOf(pod)}:`, ...lines.map((line) => `  ${line}`)];
  });
  const first = `Job ${name} failed in ${describePlace(namespace.place)}: ${withoutSecrets(why)}`;
  const last =
    "The Job stays as it is. Fix the cause and run pulumi up again: it creates a new Job.";
  return [first, ...(await Promise.all(words)).flat(), last];
}

/**
 * What the pods of a complete Job answered, in the order of their indexes. What they printed before it
 * is said.
 *
 * @throws JobError where a pod or its answer is gone; ClusterError
 */
export async function answersOf(
  namespace: Namespace,
  name: string,
  count: number,
  say: (line: string) => void,
): Promise<unknown[]> {
  const pods = await podsOf(namespace, name);
  const done = pods.filter((pod) => ownExitCode(pod) === 0);
  const answers = Array.from({ length: count }, async (_, index) => {
    const pod = done.find((one) => indexOf(one) === index);
    const { said, answer } = readLog(pod ? await logOf(namespace, nameOf(pod)) : "");
    if (answer !== undefined) {
      for (const line of said) say(withoutSecrets(line));
      return answer;
    }
    const which = pod ? `the log of pod ${nameOf(pod)}` : `the pod with index ${index}`;
    throw new JobError([
      `Job ${name} is complete, but its result is missing: ${which} has none, or no longer exists. ` +
        "Run pulumi up again: a new Job finds that the work is done.",
    ]);
  });
  return Promise.all(answers);
}

function logOf(namespace: Namespace, pod: string, lines?: number): Promise<string> {
  const shouldRetry = ({ error }: { error: unknown }) =>
    error instanceof ClusterError && error.isPassing;
  return pRetry(() => namespace.log(pod, lines), { ...patience, shouldRetry });
}

/** So many lines of a pod are shown, its last ones. */
const shownLines = 20;

/**
 * What a pod printed: the last line of JSON is its answer, undefined if there is none, and before it are
 * its progress and what it did in words, of which the last lines are kept.
 */
export function readLog(log: string): {
  readonly said: readonly string[];
  readonly answer?: unknown;
} {
  const lines = log.trim().split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("{"));
  if (last < 0) return { said: [] };
  return { said: lines.slice(0, last).slice(-shownLines), answer: parseAnswer(lines[last] ?? "") };
}

function parseAnswer(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

import { collectionRoles } from "../contract";
import type { Moment, Passage, Timeline } from "./timeline";

/** A time: `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as a person reads them: `51 kB`, `12.3 MB`, `3.2 GB`. */
export function size(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

const ago = new Intl.RelativeTimeFormat("en");

/** How long ago a moment was: `12 minutes ago`, `5 hours ago`, `3 days ago`. */
export function age(at: string, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 60_000));
  if (minutes < 120) return ago.format(-minutes, "minute");
  if (minutes < 2_880) return ago.format(-Math.round(minutes / 60), "hour");
  return ago.format(-Math.round(minutes / 1_440), "day");
}

/**
 * How long the worker executed nothing, and what went over meanwhile: `4 min 12 s for 3.2 GB`; undefined
 * if it was not drained, or is not back yet.
 */
export function describeStop({ drainBegan, workerReady, bytes }: Passage): string | undefined {
  if (drainBegan === undefined || workerReady === undefined) return undefined;
  const time = duration(Date.parse(workerReady) - Date.parse(drainBegan));
  return bytes === undefined ? time : `${time} for ${size(bytes)}`;
}

/** The last cutover and rollback of a stack, for a terminal. */
export function describeTimeline(stack: string, timeline: Timeline): string {
  return describePassages(timeline, stack, (title, passage) => {
    const lines = stagesOf(passage).map(({ title, from, to }) => {
      const time = duration(Date.parse(to) - Date.parse(from));
      return `  ${title.padEnd(15)} ${from} to ${to}  ${time}`;
    });
    return [`${title} of ${stack}: ${summaryOf(passage)}`, ...lines].join("\n");
  });
}

/** The same as Markdown with a Mermaid diagram of each, for the summary of a workflow (issue #18). */
export function formatMarkdown(stack: string, timeline: Timeline): string {
  // Nothing in a stack's name is Markdown then.
  const name = `\`${stack.replace(/[^\w.-]/g, "_")}\``;
  return describePassages(timeline, name, (title, passage) => {
    const bars = stagesOf(passage).map(({ title, from, to, isStop }) => {
      return `    ${title} :${isStop ? "crit, " : ""}${onAxis(from)}, ${onAxis(to)}`;
    });
    const chart = ["```mermaid", "gantt", ...axis, ...bars, "```"].join("\n");
    const said = `${summaryOf(passage)}. Times are in UTC; in red no worker executes steps.`;
    return [`#### ${title} of ${name}`, said, chart].join("\n\n");
  });
}

const axis = [
  ...["    dateFormat YYYY-MM-DD HH:mm:ss", "    axisFormat %H:%M:%S"],
  "    todayMarker off",
];

/** A moment without its zone: what reads the diagram would else turn it into its own. */
const onAxis = (at: string) => at.slice(0, 19).replace("T", " ");

function describePassages(
  { cutover, rollback }: Timeline,
  stack: string,
  describe: (title: string, passage: Passage) => string,
): string {
  const found = [
    ...(cutover ? [describe("Cutover", cutover)] : []),
    ...(rollback ? [describe("Rollback", rollback)] : []),
  ];
  return found.length > 0 ? found.join("\n\n") : `No cutover of ${stack} is recorded.`;
}

/** The stages between two moments, as a reader calls them, by the moment that each ends with. */
const stages: readonly (readonly [to: Moment, title: string, isStop: boolean])[] = [
  ["drainBegan", "bulk import", false],
  ["drained", "worker drain", true],
  ["fence", "handover", true],
  ["exported", "handover", true],
  ["workerReady", "worker rollout", true],
  ["webReady", "web rollout", false],
  ["verified", "verification", false],
];

interface Stage {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** Whether no worker executes steps meanwhile. */
  readonly isStop: boolean;
}

function stagesOf(passage: Passage): Stage[] {
  let from = passage.began;
  return stages.flatMap(([moment, title, isStop]) => {
    const to = passage[moment];
    // A rollback begins with its drain.
    if (to === undefined || to === from) return [];
    const stage = { title, from, to, isStop: isStop && passage.drainBegan !== undefined };
    from = to;
    return [stage];
  });
}

function summaryOf(passage: Passage): string {
  const { began, counts, workerReady } = passage;
  const stop = describeStop(passage);
  const amounts = collectionRoles.flatMap((role) =>
    counts && counts[role] > 0 ? [`${counts[role].toLocaleString("en-US")} ${role}`] : [],
  );
  return [
    `begun ${began}`,
    ...(stop === undefined ? [] : [`worker stopped ${stop}`]),
    ...(workerReady === undefined ? ["the worker is not back yet"] : []),
    ...(amounts.length > 0 ? [amounts.join(", ")] : []),
  ].join("; ");
}

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

/** The last cutover and rollback of a stack, for a person. */
export function describeTimeline(stack: string, { cutover, rollback }: Timeline): string {
  const found = [
    ...(cutover ? [describePassage(`Cutover of ${stack}`, cutover)] : []),
    ...(rollback ? [describePassage(`Rollback of ${stack}`, rollback)] : []),
  ];
  return found.length > 0 ? found.join("\n\n") : `No cutover of ${stack} is recorded.`;
}

/** The stages between two moments, as a reader calls them, by the moment that each ends with. */
const stages: readonly (readonly [to: Moment, title: string])[] = [
  ["drainBegan", "bulk import"],
  ["drained", "worker drain"],
  ["fence", "handover"],
  ["exported", "handover"],
  ["workerReady", "worker rollout"],
  ["webReady", "web rollout"],
  ["verified", "verification"],
];

function describePassage(title: string, passage: Passage): string {
  let from = passage.began;
  const lines = stages.flatMap(([moment, stage]) => {
    const to = passage[moment];
    // A rollback begins with its drain.
    if (to === undefined || to === from) return [];
    const time = duration(Date.parse(to) - Date.parse(from));
    const line = `  ${stage.padEnd(15)} ${from} to ${to}  ${time}`;
    from = to;
    return [line];
  });
  return [`${title}: ${summaryOf(passage)}`, ...lines].join("\n");
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

/**
 * When the last cutover and the last rollback came how far; `program.ts` is the Pulumi program's own
 * door.
 */
export { readTimeline, timelineForm } from "./read";
export { moments, timelineFrom, type Moment, type Passage, type Timeline } from "./timeline";
export { age, duration, size, describeStop, timelineAsMarkdown, describeTimeline } from "./words";

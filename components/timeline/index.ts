/**
 * When the last cutover and the last rollback came how far; `program.ts` is the Pulumi program's own
 * door.
 */
export { readTimeline, timelineForm, timelineFrom, type Timeline } from "./timeline";
export { age, duration, size, describeStop, describeTimeline, formatMarkdown } from "./words";

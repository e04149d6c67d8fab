import { z } from "zod";

/** The part of the engine's event log that says what an update did, by operation. */
const summary = z.object({
  summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()) }),
});

/**
 * Whether an update changed a resource.
 *
 * @param eventLog of the engine, one JSON object a line
 */
export function somethingChanged(eventLog: string): boolean {
  const lines = eventLog.split("\n").filter((line) => line.includes('"summaryEvent"'));
  return lines
    .map((line) => summary.parse(JSON.parse(line)).summaryEvent.resourceChanges)
    .some((counts) => Object.keys(counts).some((operation) => operation !== "same"));
}

import { z } from "zod";
import { byRole } from "../contract";
import { moments, type Timeline } from "./timeline";

const counts = z.object(byRole(() => z.number()));
const at = z.iso.datetime().optional();
const passage = z
  .object({
    ...(Object.fromEntries(moments.map((name) => [name, at])) as Record<
      (typeof moments)[number],
      typeof at
    >),
    began: z.iso.datetime(),
    counts: counts.optional(),
    bytes: z.number().optional(),
  })
  .nullable();

/** The form of the stack's output `timeline`. */
export const timelineForm = z.object({ cutover: passage, rollback: passage });

/** The timeline in a value from outside, such as a stack's output; undefined if it is none. */
export function readTimeline(value: unknown): Timeline | undefined {
  const parsed = timelineForm.safeParse(value);
  return parsed.success ? (parsed.data as Timeline) : undefined;
}

import { z } from "zod";
import { timelineForm, type Timeline } from "../../timeline";
import type { Redact } from "../safe/secrets";
import { readJson } from "./json";

/** When a stack's last changes of the mode came how far. */
export interface Report {
  readonly stack: string;
  readonly timeline: Timeline;
}

const reportForm = timelineForm.extend({ stack: z.string() });

/**
 * Reads what `report --json` printed.
 *
 * @throws ReviewInputError if the text is something else
 */
export function readReport(text: string, redact: Redact): Report {
  const what = "what `taskrunner-storage report --json` prints";
  const { stack, ...timeline } = readJson(text, reportForm, { what, redact });
  return { stack, timeline };
}

import type { Preview } from "./read/preview";
import { formatCount } from "./words";

/** As a refresh without MongoDB says of each resource, and the program of the data. */
const notCompared = /was not refreshed\. |This preview goes on without the data/;

/**
 * Why a refreshed preview does not prove that the stack is as its settings say: changes, resources that were
 * not compared, or an error. Empty if it does.
 */
export function findChanges({ steps, messages }: Preview): string[] {
  const errors = messages.filter(({ severity }) => severity === "error").length;
  const unseen = messages.filter(({ text }) => notCompared.test(text)).length;
  return [
    ...(errors > 0 ? ["the preview failed"] : []),
    ...(steps.length > 0 ? [`${formatCount(steps.length, "resource")} would change`] : []),
    ...(unseen > 0 ? [`${formatCount(unseen, "warning")} of what was not compared`] : []),
  ];
}

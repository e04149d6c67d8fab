import { formatCount } from "../contract/text";
import { isError, type ReviewInput } from "./input";
import type { Message, Preview } from "./read";

/** What the export foretells of a rollback without MongoDB (`describeRollbackPreview`); the plan counts it. */
const foreseen = ["would-not-export", "would-hold", "would-release"];

/** The warnings except those that the plan's data issues or figures say already. */
export function otherWarnings({ messages, plan, ...input }: ReviewInput): Message[] {
  const hasIssues = input.touchesSchema && plan && plan.issues.length > 0;
  // A plan that did reach MongoDB says something else than the preview did: then both are shown.
  const known = [...(input.isMongoUnreachable ? foreseen : []), hasIssues ? "data-issue" : ""];
  return messages.filter(
    ({ severity, code = "other" }) => severity === "warning" && !known.includes(code),
  );
}

/** As a refresh without MongoDB finds of each resource, and the program of the data. */
const notCompared = ["not-refreshed", "data-not-compared"];

/**
 * Why a refreshed preview does not prove that the stack is as its settings say: changes, resources that were
 * not compared, or an error. Empty if it does.
 */
export function findChanges({ steps, messages }: Preview): string[] {
  const unseen = messages.filter(({ code = "" }) => notCompared.includes(code)).length;
  return [
    ...(messages.some(isError) ? ["the preview failed"] : []),
    ...(steps.length > 0 ? [`${formatCount(steps.length, "resource")} would change`] : []),
    ...(unseen > 0 ? [`${formatCount(unseen, "warning")} of what was not compared`] : []),
  ];
}

/**
 * What an approval of a preview is about: each change, and each error or warning by its code and resource, never
 * by its words.
 */
export function listApproved({ steps, messages }: Preview): string[] {
  const changes = steps.map(({ operation, urn }) => `${operation} ${urn}`);
  const said = messages.map(({ severity, stops, code = "without a code", urn = "the stack" }) => {
    return `${stops ? "stop" : severity} ${code} on ${urn}`;
  });
  return [...new Set([...changes, ...said])].sort();
}

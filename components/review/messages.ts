import { formatCount } from "../text";
import { isError, type ReviewInput } from "./input";
import type { Message, Preview } from "./read";

/** The warnings except those that repeat the verdict, the plan's data issues or its findings. */
export function otherWarnings({ messages, plan, ...input }: ReviewInput): Message[] {
  const hasIssues = input.touchesSchema && plan && plan.issues.length > 0;
  const found = plan?.findings?.map(({ code }) => code) ?? [];
  const isManualStop = input.changesStorage && input.stoppedBy === "person";
  const known = [...found, hasIssues ? "data-issue" : "", isManualStop ? "stop-worker" : ""];
  return messages.filter(
    ({ severity, code = "other" }) => severity === "warning" && !known.includes(code),
  );
}

// Findings of a refresh without MongoDB on each resource, and of the program on the data.
const notCompared = ["not-refreshed", "data-not-compared"];

/**
 * Reasons why a refreshed preview does not prove that the stack matches its settings: changes, resources that
 * were not compared, or an error. Empty if it does.
 */
export function findMismatches({ steps, messages }: Preview): string[] {
  const unseen = messages.filter(({ code = "" }) => notCompared.includes(code)).length;
  const isUnseen = messages.some(({ code }) => code === "cluster-not-checked");
  return [
    ...(messages.some(isError) ? ["the preview failed"] : []),
    ...(steps.length > 0 ? [`${formatCount(steps.length, "resource")} would change`] : []),
    ...(isUnseen ? ["could not look at the cluster"] : []),
    ...(unseen > 0 ? [`${formatCount(unseen, "warning")} of what was not compared`] : []),
  ];
}

/**
 * Lists what an approval of a preview covers: each change, and each error or warning by its code and resource,
 * never by its words.
 */
export function listApproved({ steps, messages }: Preview): string[] {
  const changes = steps.map(({ operation, urn }) => `${operation} ${urn}`);
  const codes = messages.map(({ severity, stops, code = "without a code", urn = "the stack" }) => {
    return `${stops ? "stop" : severity} ${code} on ${urn}`;
  });
  return [...new Set([...changes, ...codes])].sort();
}

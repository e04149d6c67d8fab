import { itemize, type Section } from "./fit";
import type { Message, Preview } from "./read/preview";
import { fence, join, md, ours, wrap, type Markdown } from "./safe/markdown";
import { isLost, isStop, touchesSchema, type Situation } from "./situation";
import { formatCount } from "./words";

/** Whether the engine, a provider or the program failed. */
export const isError = ({ severity }: Message) => severity === "error";

/** The errors of a preview that failed. */
export function errorSection({ preview }: Situation): Section {
  return sectionOf("Errors", preview.messages.filter(isError).map(renderMessage));
}

/** The blocking documents that the plan found, with examples. */
export function dataIssueSection(situation: Situation): Section {
  const issues = touchesSchema(situation) ? (situation.plan?.issues ?? []) : [];
  return sectionOf(
    "Data issues",
    issues.map(({ text }) => fence(wrap(text))),
  );
}

/** All other warnings. */
export function warningSection(situation: Situation): Section {
  return sectionOf("Warnings", otherWarnings(situation).map(renderMessage));
}

function sectionOf(title: string, items: readonly Markdown[]): Section {
  const noun = title.toLowerCase().replace(/s$/, "");
  return itemize(items, noun, (shown) => join([ours(`#### ${title}`), ...shown], "\n\n"));
}

function renderMessage({ urn, text }: Message): Markdown {
  const block = fence(wrap(text));
  const name = urn?.split("::").slice(3).join("::");
  return name === undefined ? block : join([md`On ${name}:`, block], "\n\n");
}

/** The warnings that `pulumi up` will not get through, whatever is said of the rest. */
export function stopWarnings({ preview }: Situation): Message[] {
  return preview.messages.filter(isStop);
}

/** The warnings but those that the plan's data issues or figures say already. */
export function otherWarnings({ direction, preview, plan }: Situation): Message[] {
  const names = plan?.issues.map(({ index, collection }) => index ?? collection) ?? [];
  const isSaidElsewhere = ({ code = "", urn }: Message) =>
    // A plan that did reach MongoDB says something else than the preview did: then both are shown.
    direction === "rollback"
      ? foreseen.includes(code) && isLost(plan)
      : code === "data-issue" && names.some((name) => urn?.endsWith(`::${name}`));
  return preview.messages.filter(
    (message) => message.severity === "warning" && !isSaidElsewhere(message),
  );
}

/** What the export foretells of a rollback without MongoDB (`describeForeseen`); the plan counts it. */
const foreseen = ["would-not-export", "would-hold", "would-release"];

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

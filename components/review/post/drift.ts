import { readJson } from "../read/json";
import { messageOf, partsOf, previewForm } from "../read/preview";
import { code } from "../safe/markdown";
import type { Redact } from "../safe/secrets";
import { formatCount } from "../words";
import { PostError } from "./errors";

/** A resource that is not as the program sets it up. */
export interface Difference {
  /** What `up` would do about it, such as `update`. */
  readonly operation: string;
  readonly name: string;
  /** Such as `pulumi-nodejs:dynamic/mongo:Index`. */
  readonly type: string;
}

/** Resources of which it is not known whether they differ. */
export interface NotLookedAt {
  /** Why, in the preview's words, such as that MongoDB is unreachable. */
  readonly reason: string;
  /** What they are called; none if the preview names none. */
  readonly names: readonly string[];
}

/** What a refreshed preview found, and what it did not look at. */
export interface Drift {
  readonly differences: readonly Difference[];
  readonly notLookedAt: readonly NotLookedAt[];
  /** False if the migration is a Job (the setting `jobs`): a refresh does not look at what it created. */
  readonly comparesSchema: boolean;
}

/** Steps that change nothing. */
const idle = ["same", "refresh", "read"];

/**
 * What `up` would change, and what the refresh before it left out.
 *
 * @param text what `pulumi preview --refresh --json` prints
 * @throws ReviewInputError if it is something else; PostError if the preview failed
 */
export function driftIn(text: string, redact: Redact): Drift {
  const what = "what `pulumi preview --refresh --json` prints";
  const { steps, diagnostics } = readJson(text, previewForm, { what, redact });
  const messages = (diagnostics ?? []).flatMap(messageOf);
  if (messages.some(({ severity }) => severity === "error") || !steps) {
    throw new PostError(
      "The preview failed, so its differences are unknown. Read its error, fix the cause and run it again.",
    );
  }
  const found = steps.map(({ op, urn, oldState, newState }) => ({
    ...{ op, ...partsOf(urn) },
    inputs: newState?.inputs ?? oldState?.inputs ?? {},
  }));
  return {
    differences: found
      .filter(({ op }) => !idle.includes(op))
      .map(({ op, name, type }) => ({ operation: op, name, type })),
    notLookedAt: notLookedAtIn(messages.map((message) => message.text)),
    comparesSchema: !found.some(
      ({ type, inputs }) => type.endsWith("mongo:LedgerClaim") && inputs.job !== undefined,
    ),
  };
}

/** As a refresh without MongoDB says of each resource (`providerOf`). */
const notRefreshed = /^(\S+) was not refreshed\. ([^]*)$/;
/** As the program says once (`warnOfDataIssues`), also where there was nothing to refresh. */
const withoutData = "This preview goes on without the data";

function notLookedAtIn(warnings: readonly string[]): NotLookedAt[] {
  const byReason = new Map<string, string[]>();
  for (const text of warnings) {
    const [, name = "", reason = ""] = notRefreshed.exec(text) ?? [];
    if (name !== "") byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  if (byReason.size > 0) return [...byReason].map(([reason, names]) => ({ reason, names }));
  return warnings
    .filter((text) => text.includes(withoutData))
    .map((reason) => ({ reason, names: [] }));
}

/** Maximum number of resources that are named. */
const named = 50;

/** A stack's drift as a person reads it. */
export interface DriftReport {
  /** Markdown: the whole finding. */
  readonly words: string;
  /** The issue about it; undefined if all that a refresh can look at was looked at and nothing differs. */
  readonly issue?: { readonly title: string; readonly body: string };
}

/**
 * What was found, and the issue about it if one is due. One is also due if something was not looked at:
 * otherwise an open issue would be closed although nobody knows.
 *
 * @param run the address of the workflow's run, if there is one
 */
export function describeDrift(stack: string, drift: Drift, run?: string): DriftReport {
  const { differences, notLookedAt, comparesSchema } = drift;
  const schema = comparesSchema ? [] : [schemaNote(stack)];
  if (differences.length + notLookedAt.length === 0) {
    const nothing = `Nothing of stack ${stack} differs from the settings in git.`;
    return { words: [nothing, ...schema].join("\n\n") };
  }
  const body = [
    ...(differences.length > 0 ? [differencesInMarkdown(stack, differences)] : []),
    ...(notLookedAt.length > 0 ? [notLookedAtInMarkdown(stack, drift)] : []),
    ...schema,
    "This issue is kept up to date, and closed when all was looked at and nothing differs.",
    ...(run === undefined ? [] : [`Found by ${run}`]),
  ].join("\n\n");
  const title =
    differences.length > 0
      ? `${stack} differs from the settings in git`
      : `${stack} could not be compared with the settings in git`;
  return { words: body, issue: { title, body } };
}

function differencesInMarkdown(stack: string, differences: readonly Difference[]): string {
  const first = differences
    .slice(0, named)
    .map(
      ({ operation, name, type }) => `| ${inCode(operation)} | ${inCode(name)} | ${inCode(type)} |`,
    );
  const more = differences.length - first.length;
  return [
    `${formatCount(differences.length, "resource")} of stack ${inCode(stack)} ${differences.length === 1 ? "differs" : "differ"} ` +
      "from the settings in git: changed by hand, or not brought there yet.",
    "",
    "| up would | resource | type |",
    "| --- | --- | --- |",
    ...first,
    ...(more > 0 ? ["", `And ${more} more.`] : []),
    "",
    `Look: ${inCode(`pulumi preview --refresh --diff --stack ${stack}`)}. Fix: run up, or put ` +
      "what was changed by hand into the settings.",
  ].join("\n");
}

function notLookedAtInMarkdown(stack: string, { differences, notLookedAt }: Drift): string {
  const isAll = differences.length === 0;
  return [
    isAll
      ? `It is not known whether stack ${inCode(stack)} differs from the settings in git. Not looked at:`
      : "What else differs is not known. Not looked at:",
    "",
    ...notLookedAt.map(notLookedAtLine),
    "",
    ...(isAll
      ? ["What this issue said before, if anything, may still be so: see its edits.", ""]
      : []),
    `Look: ${inCode(`taskrunner-storage plan --stack ${stack}`)} from a place that reaches MongoDB. ` +
      "Fix: let this job reach it, with the login that the last up left in the state.",
  ].join("\n");
}

function notLookedAtLine({ reason, names }: NotLookedAt): string {
  const first = names.slice(0, named).map((name) => code(name).text);
  const more = names.length - first.length;
  const all = [...first, ...(more > 0 ? [`and ${more} more`] : [])];
  return `- ${all.length === 0 ? "MongoDB" : all.join(", ")}: ${code(reason).text}`;
}

function schemaNote(stack: string): string {
  return (
    "MongoDB's collections and indexes were not compared, because the migration is a Job: " +
    `${inCode(`taskrunner-storage plan --stack ${stack}`)} does, from a place that reaches MongoDB.`
  );
}

/** A name in a code span; what could end the span or the table's cell is left out. */
function inCode(text: string): string {
  return `\`${text.replaceAll(/[^\w.:/$@ -]/g, "?").slice(0, 200)}\``;
}

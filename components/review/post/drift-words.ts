import { code } from "../safe/markdown";
import type { Difference, Drift, NotLookedAt } from "./drift";

/** So many resources are named. */
const named = 50;

/** A stack's drift as a person reads it. */
export interface DriftInWords {
  /** Markdown: the whole finding. */
  readonly words: string;
  /** The issue about it; undefined where all that a refresh can look at was looked at and is alike. */
  readonly issue?: { readonly title: string; readonly body: string };
}

/**
 * What was found, and the issue about it where one is due. What was not looked at is due one too: an
 * issue that is open would else be closed although nobody knows.
 *
 * @param run the address of the workflow's run, where there is one
 */
export function driftInWords(stack: string, drift: Drift, run?: string): DriftInWords {
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
    `${counted(differences.length)} of stack ${inCode(stack)} ${differences.length === 1 ? "differs" : "differ"} ` +
      "from the settings in git: changed by hand, or not brought there yet.",
    "",
    "| up would | resource | type |",
    "| --- | --- | --- |",
    ...first,
    ...(more > 0 ? ["", `And ${more} more.`] : []),
    "",
    `Look: ${inCode(`pulumi preview --refresh --diff --stack ${stack}`)}. Mend: run up, or put ` +
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
    `Look: ${inCode(`taskrunner-storage plan --stack ${stack}`)} from where MongoDB is in reach. ` +
      "Mend: let this job reach it, with the login that the last up left in the state.",
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
    `${inCode(`taskrunner-storage plan --stack ${stack}`)} does, from where MongoDB is in reach.`
  );
}

const counted = (count: number) => (count === 1 ? "1 resource" : `${count} resources`);

/** A name in a code span; what could end the span or the table's cell is left out. */
function inCode(text: string): string {
  return `\`${text.replaceAll(/[^\w.:/$@ -]/g, "?").slice(0, 200)}\``;
}

import type { BrokenDocuments } from "./broken-documents";
import type { DataIssue } from "./data-issues";
import type { DuplicateKeys } from "./duplicate-keys";

/** A data issue as lines for a person: what stands in the way, how often, with examples. */
export function dataIssueInWords(issue: DataIssue): string {
  return issue.kind === "duplicate keys" ? duplicatesInWords(issue) : brokenInWords(issue);
}

function duplicatesInWords({
  index,
  collection,
  keys,
  documents,
  examples,
}: DuplicateKeys): string {
  const lines = examples.map(({ key, documents: having }) => {
    const ids = having.map(({ id, at }) => (at === undefined ? id : `${id} (${at})`));
    return `  ${keyInWords(key)}: ${ids.join(", ")}`;
  });
  return [
    `The unique index ${index} cannot be built: ${counted(keys, "key")} of ${collection} ` +
      `${keys === 1 ? "occurs" : "occur"} more than once, in ${counted(documents, "document")}. For example:`,
    ...lines,
  ].join("\n");
}

function brokenInWords({ collection, documents, rules }: BrokenDocuments): string {
  const lines = rules.map(
    ({ field, rule, documents: breaking, ids }) =>
      `  ${field} ${rule}: ${counted(breaking, "document")}, for example ${ids.join(", ")}`,
  );
  return [
    `The validator of ${collection} cannot be strict: ${counted(documents, "document")} ` +
      `${documents === 1 ? "breaks" : "break"} it.`,
    ...lines,
  ].join("\n");
}

const keyInWords = (key: Readonly<Record<string, unknown>>) =>
  Object.entries(key)
    .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    .join(", ");

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

import type { Section } from "./fit";
import type { FoundIssue } from "./read/plan";
import type { Message } from "./read/preview";
import { fence, joined, md, ours, wrapped, type Markdown } from "./safe/markdown";
import { isSchemaWarning, otherWarnings } from "./warnings";
import { touchesSchema, type Situation } from "./situation";
import { counted } from "./words";

/** The errors of a preview that failed. */
export function errorSection({ preview }: Situation): Section {
  return sectionOf(
    "Errors",
    preview.messages.filter(({ severity }) => severity === "error").map(shown),
  );
}

/** The documents that stand in the way, with examples: from the plan, else as the preview warns. */
export function dataIssueSection(situation: Situation): Section {
  const { preview, plan } = situation;
  if (!touchesSchema(situation)) return sectionOf("Data issues", []);
  const warned = preview.messages.filter(isSchemaWarning).map(shown);
  return sectionOf("Data issues", plan?.reachable ? plan.issues.map(issueInWords) : warned);
}

/** All other warnings. */
export function warningSection(situation: Situation): Section {
  return sectionOf("Warnings", otherWarnings(situation).map(shown));
}

function sectionOf(title: string, items: readonly Markdown[]): Section {
  const noun = title.toLowerCase().replace(/s$/, "");
  return {
    items: items.length,
    render: (shown) => {
      if (items.length === 0) return undefined;
      const left = items.length - shown;
      const more = left > 0 ? [ours(`and ${counted(left, `more ${noun}`)}`)] : [];
      return joined([ours(`#### ${title}`), ...items.slice(0, shown), ...more], "\n\n");
    },
  };
}

/** A message with the name of the resource that it is on, its text as it was said. */
function shown({ urn, text }: Message): Markdown {
  const block = fence(wrapped(text));
  const name = urn?.split("::").slice(3).join("::");
  return name === undefined ? block : joined([md`On ${name}:`, block], "\n\n");
}

function issueInWords(issue: FoundIssue): Markdown {
  const [words, examples] =
    issue.kind === "duplicate keys" ? duplicatesInWords(issue) : brokenInWords(issue);
  return joined([words, joined(examples, "\n")], "\n\n");
}

type Of<Kind> = Extract<FoundIssue, { readonly kind: Kind }>;

function duplicatesInWords(issue: Of<"duplicate keys">): [Markdown, Markdown[]] {
  const { index, collection, keys, documents, examples } = issue;
  const many = ours(`${counted(keys, "key")} in ${counted(documents, "document")}`);
  return [
    md`The unique index ${index} cannot be built: duplicates in ${collection}, ${many}. For example:`,
    examples.map(({ key, documents: having }) => {
      const ids = having.map(({ id, at }) => md`${at === undefined ? id : `${id} (${at})`}`);
      return md`- ${keyInWords(key)}: ${joined(ids, ", ")}`;
    }),
  ];
}

function keyInWords(key: Readonly<Record<string, unknown>>): string {
  return Object.entries(key)
    .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    .join(", ");
}

function brokenInWords({
  collection,
  documents,
  rules,
}: Of<"broken documents">): [Markdown, Markdown[]] {
  return [
    md`The validator of ${collection} cannot be strict: ${ours(counted(documents, "document"))} in the way.`,
    rules.map(({ field, rule, documents: breaking, ids }) => {
      const examples = joined(
        ids.map((id) => md`${id}`),
        ", ",
      );
      return md`- ${`${field} ${rule}`}: ${ours(counted(breaking, "document"))}, for example ${examples}`;
    }),
  ];
}

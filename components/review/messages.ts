import { itemize, type Section } from "./fit";
import type { FoundIssue } from "./read/plan";
import type { Message } from "./read/preview";
import { fence, join, md, ours, wrap, type Markdown } from "./safe/markdown";
import { isStop, touchesSchema, type Situation } from "./situation";
import { formatCount } from "./words";

/** The errors of a preview that failed. */
export function errorSection({ preview }: Situation): Section {
  return sectionOf(
    "Errors",
    preview.messages.filter(({ severity }) => severity === "error").map(renderMessage),
  );
}

/** The blocking documents, with examples: from the plan, else as the preview warns. */
export function dataIssueSection(situation: Situation): Section {
  const { preview, plan } = situation;
  if (!touchesSchema(situation)) return sectionOf("Data issues", []);
  const warned = preview.messages.filter(isSchemaWarning).map(renderMessage);
  return sectionOf("Data issues", plan?.reachable ? plan.issues.map(renderIssue) : warned);
}

/** All other warnings. */
export function warningSection(situation: Situation): Section {
  return sectionOf("Warnings", otherWarnings(situation).map(renderMessage));
}

function sectionOf(title: string, items: readonly Markdown[]): Section {
  const noun = title.toLowerCase().replace(/s$/, "");
  return itemize(items, noun, (shown) => join([ours(`#### ${title}`), ...shown], "\n\n"));
}

/** A message with the name of the resource that it is on, its text as it was said. */
function renderMessage({ urn, text }: Message): Markdown {
  const block = fence(wrap(text));
  const name = urn?.split("::").slice(3).join("::");
  return name === undefined ? block : join([md`On ${name}:`, block], "\n\n");
}

function renderIssue(issue: FoundIssue): Markdown {
  const [words, examples] =
    issue.kind === "duplicate keys" ? renderDuplicates(issue) : renderBroken(issue);
  return join([words, join(examples, "\n")], "\n\n");
}

type Of<Kind> = Extract<FoundIssue, { readonly kind: Kind }>;

function renderDuplicates(issue: Of<"duplicate keys">): [Markdown, Markdown[]] {
  const { index, collection, keys, documents, examples } = issue;
  const many = ours(`${formatCount(keys, "key")} in ${formatCount(documents, "document")}`);
  return [
    md`The unique index ${index} cannot be built: duplicates in ${collection}, ${many}. For example:`,
    examples.map(({ key, documents: having }) => {
      const ids = having.map(({ id, at }) => md`${at === undefined ? id : `${id} (${at})`}`);
      return md`- ${formatKey(key)}: ${join(ids, ", ")}`;
    }),
  ];
}

function formatKey(key: Readonly<Record<string, unknown>>): string {
  return Object.entries(key)
    .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    .join(", ");
}

function renderBroken({
  collection,
  documents,
  rules,
}: Of<"broken documents">): [Markdown, Markdown[]] {
  return [
    md`The validator of ${collection} cannot be strict: ${ours(formatCount(documents, "blocking document"))}.`,
    rules.map(({ field, rule, documents: breaking, ids }) => {
      const examples = join(
        ids.map((id) => md`${id}`),
        ", ",
      );
      return md`- ${`${field} ${rule}`}: ${ours(formatCount(breaking, "document"))}, for example ${examples}`;
    }),
  ];
}

/** Whether a preview warns of the data of an index or a collection. */
export function isSchemaWarning({ severity, urn = "" }: Message): boolean {
  return severity === "warning" && /dynamic\/mongo:(Index|Collection)::/.test(urn);
}

/** The warnings that `pulumi up` will not get through, whatever is said of the rest. */
export function stopWarnings({ preview }: Situation): Message[] {
  return preview.messages.filter(isStop);
}

/** The warnings but those that the data issues, or the plan's figures, say already. */
export function otherWarnings(situation: Situation): Message[] {
  const { messages } = situation.preview;
  return messages.filter(
    (message) => message.severity === "warning" && !isSaidElsewhere(message, situation),
  );
}

function isSaidElsewhere(message: Message, { direction, plan }: Situation): boolean {
  if (direction === "rollback") return isForeseen(message) && isOutOfReach(plan);
  if (!isSchemaWarning(message)) return false;
  const names = plan?.issues.map((issue) => ("index" in issue ? issue.index : issue.collection));
  return (
    !plan?.reachable || names?.some((name) => message.urn?.endsWith(`::${String(name)}`)) === true
  );
}

/** What the export foretells of a rollback without MongoDB (`describeForeseen`); the plan counts it. */
const foreseen = [
  /^MongoDB is unreachable, so nothing would be exported\./,
  /^[\d,]+ runs? would (be held|continue with their files)/,
];

function isForeseen({ printed, text }: Message): boolean {
  return printed && foreseen.some((words) => words.test(text));
}

/** A plan that did reach MongoDB says something else than the preview did: then both are shown. */
function isOutOfReach(plan: Situation["plan"]): boolean {
  return plan?.leftBehind !== undefined && plan.leftBehind.exported === undefined;
}

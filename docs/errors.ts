import { dirname } from "node:path";
import { hasWords, type Message } from "../tools/docs/messages";

/** A page of messages: those of some folders. */
interface Page {
  readonly name: string;
  readonly title: string;
  readonly folders: readonly string[];
}

const pages: readonly Page[] = [
  { name: "errors-settings", title: "settings", folders: ["components/settings"] },
  {
    name: "errors-cluster",
    title: "MongoDB and Kubernetes",
    folders: ["components/cluster", "components/kubernetes", "components/mongo"],
  },
  {
    name: "errors-migration",
    title: "migration",
    folders: ["components/migration", "components/ledger"],
  },
  {
    name: "errors-transfer",
    title: "import, export and rollback",
    folders: ["components/transfer", "components/state"],
  },
  {
    name: "errors-rollout",
    title: "rollout, steps and Jobs",
    folders: ["components/rollout", "components/step"],
  },
  {
    name: "errors-cli",
    title: "command line, pull requests and policies",
    folders: ["cli", "components/checkout", "components/review", "components/timeline", "policy"],
  },
];

/** The folders whose messages the pages have. */
export const messageFolders = ["components", "cli", "policy"];

/** The errors and warnings as pages, by their paths; written by `make docs`. */
export function errorPages(messages: readonly Message[]): Readonly<Record<string, string>> {
  const all = eachOnce(messages);
  const made = pages.map((page) => [`docs/${page.name}.md`, errorPage(page, all)] as const);
  return { "docs/errors.md": indexPage(), ...(Object.fromEntries(made) as object) };
}

/** Each text where it comes first. */
function eachOnce(messages: readonly Message[]): Message[] {
  const known = new Set<string>();
  return messages.map((message) => ({
    ...message,
    texts: message.texts.filter((text) => hasWords(text) && !known.has(text) && known.add(text)),
  }));
}

function indexPage(): string {
  return [
    "# Errors and warnings",
    "Made from the code by `make docs`. These pages have every error, refusal and warning, by the part that shows it.\n" +
      "`<name>` stands for what a message puts in, and `(a | b)` for one of several. If a message has longer parts that\n" +
      "differ, they are listed below it. [troubleshooting.md](troubleshooting.md) goes by symptoms.",
    pages.map(({ name, title }) => `- [${capital(title)}](${name}.md)`).join("\n"),
    "",
  ].join("\n\n");
}

function errorPage({ title, folders }: Page, messages: readonly Message[]): string {
  const own = messages.filter(({ file }) => folders.some((one) => file.startsWith(`${one}/`)));
  const names = [...new Set(own.map(({ file }) => dirname(file)))].sort();
  return [
    `# Errors and warnings: ${title}`,
    "Made from the code by `make docs`. [errors.md](errors.md) says how to read it, and lists the other pages.",
    ...names.flatMap((name) =>
      section(
        name,
        own.filter(({ file }) => dirname(file) === name),
      ),
    ),
    "",
  ].join("\n\n");
}

function section(folder: string, messages: readonly Message[]): string[] {
  const items = messages.flatMap(({ texts }) => texts.map(item)).sort();
  return items.length === 0 ? [] : [`## \`${folder}\``, items.join("\n")];
}

/** A message: its lines, and below each what may stand in it where that is long. */
function item(text: string): string {
  const [first = "", ...others] = text.split("\n").filter((line) => line.trim() !== "");
  return [listItem(first, ""), ...others.map((line) => listItem(line.trim(), "  "))].join("\n");
}

function listItem(line: string, indent: string): string {
  const parts: string[] = [];
  const whole = withAlternatives(line.trim(), (alternatives) => {
    const few = alternatives.map(inlineAll);
    if (few.join("").length <= 80) return inline(few);
    parts.push(...few);
    return "‹one of these›";
  });
  return [whole, ...parts.map((part) => part.trim())]
    .map((one, at) => `${indent}${at === 0 ? "" : "  "}- ${markdown(one)}`)
    .join("\n");
}

const inlineAll = (text: string): string =>
  withAlternatives(text, (alternatives) => inline(alternatives.map(inlineAll)));
const inline = (alternatives: readonly string[]) => `(${alternatives.join(" | ")})`;

/** Replaces each outermost `⟦a¦b⟧`. */
function withAlternatives(text: string, write: (alternatives: readonly string[]) => string) {
  let depth = 0;
  let part = "";
  let whole = "";
  let alternatives: string[] = [];
  for (const sign of text) {
    if (sign === "⟦" && depth++ === 0) continue;
    if (sign === "⟧" && --depth === 0) {
      whole += write([...alternatives, part]);
      part = "";
      alternatives = [];
    } else if (depth === 0) whole += sign;
    else if (sign === "¦" && depth === 1) {
      alternatives.push(part);
      part = "";
    } else part += sign;
  }
  return whole;
}

/** What stands between backticks stays as it is; a placeholder is code. */
function markdown(text: string): string {
  return text
    .split("`")
    .map((part, at) =>
      at % 2 === 1
        ? part.replaceAll("‹", "<").replaceAll("›", ">")
        : part
            .replaceAll(/[*<]/g, "\\$&")
            .replaceAll(/‹([^›]*)›/g, "`<$1>`")
            .replaceAll("``", "` `"),
    )
    .join("`");
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

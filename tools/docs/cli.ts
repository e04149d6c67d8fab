import type { Command, Option } from "commander";

type Row = readonly [string, string];

/** A command's help page. */
interface Page {
  readonly name: string;
  readonly does: string;
  readonly options: readonly Row[];
  readonly notes: readonly string[];
  readonly examples: string;
  /** Exit statuses and their meaning. */
  readonly statuses: readonly Row[];
  /** The environment variables of its help page. */
  readonly environment: string;
}

/** The page `docs/cli.md`, written by `make docs`. @param program of `cli` */
export function cliPage(program: Command): string {
  const pages = visible(program).map(pageOf);
  const options = commonOf(pages, (page) => page.options);
  const statuses = commonOf(pages, (page) => page.statuses);
  // The one with the most variables has them all.
  const [environment = ""] = pages
    .map((page) => page.environment)
    .sort((one, other) => other.length - one.length);
  return [
    "# The command line",
    "Made from `cli` by `make docs`. `npx taskrunner-storage COMMAND --help` shows the same.",
    table(
      ["command", "what it does"],
      pages.map((page) => [`[\`${page.name}\`](${anchorOf(page)})`, page.does]),
    ),
    "## All commands",
    table(["option", "meaning"], options),
    describeStatuses(statuses),
    block(`Environment:\n${environment}`),
    ...pages.flatMap((page) => chapter(page, options, statuses)),
    "",
  ].join("\n\n");
}

const anchorOf = ({ name }: Page) => `#${name.replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")}`;

function chapter(page: Page, options: readonly Row[], statuses: readonly Row[]): string[] {
  const own = without(page.options, options);
  const meanings = without(page.statuses, statuses);
  return [
    `## \`${page.name}\``,
    ...(own.length > 0 ? [table(["option", "meaning"], own)] : []),
    ...page.notes.map((note) => note.replaceAll("\n", " ")),
    block(page.examples),
    ...(meanings.length > 0 ? [describeStatuses(meanings)] : []),
  ];
}

const describeStatuses = (rows: readonly Row[]) =>
  `Exit status: ${rows.map(([status, meaning]) => `${status} ${meaning}`).join(", ")}.`;

/** The rows that at least half of the pages have, in the order of the first page. */
function commonOf(pages: readonly Page[], rowsOf: (page: Page) => readonly Row[]): Row[] {
  const all = pages.map(rowsOf);
  const rows = new Map(all.flat().map((row) => [row.join(), row] as const));
  const isCommon = (row: Row) =>
    all.filter((page) => without([row], page).length === 0).length >= pages.length / 2;
  return [...rows.values()].filter(isCommon);
}

function without(rows: readonly Row[], others: readonly Row[]): Row[] {
  return rows.filter((row) => !others.some((one) => one.join() === row.join()));
}

function pageOf(command: Command): Page {
  const help = command.createHelp();
  const paragraphs = textAfterOptions(command).split(/\n\s*\n/);
  const section = (title: string) =>
    paragraphs.find((text) => text.startsWith(title))?.replace(/.*\n/, "") ?? "";
  return {
    name: [command.name(), ...command.aliases()].join(", "),
    does: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    notes: paragraphs.filter((text) => !/^(Examples?|Exit status|Environment):/.test(text)),
    examples: section("Example").replaceAll(/^ {2}/gm, ""),
    statuses: [...section("Exit status").matchAll(/^ *(\d+) +(.*)$/gm)].map(
      ([, status = "", meaning = ""]) => [status, meaning],
    ),
    environment: section("Environment"),
  };
}

function textAfterOptions(command: Command): string {
  const about = command.helpInformation();
  let whole = "";
  command.configureOutput({ writeOut: (text) => (whole += text) });
  command.outputHelp();
  return whole.slice(whole.indexOf(about) + about.length).trim();
}

function visible(program: Command): readonly Command[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "help");
}

function describeOption({ flags, description, defaultValue, argChoices, mandatory }: Option): Row {
  const rest = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices ? [`one of ${argChoices.map((one) => `\`${one}\``).join(", ")}`] : []),
    ...(defaultValue === undefined ? [] : [`default \`${String(defaultValue)}\``]),
  ];
  const meaning = [description, ...rest].join("; ").replaceAll("\n", " ");
  return [`\`${flags}\``, meaning.replaceAll(/[|<]/g, "\\$&")];
}

const block = (text: string) => text.replace(/^(?=.)/gm, "    ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

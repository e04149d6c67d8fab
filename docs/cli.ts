import type { Command, Option } from "commander";

/** A command as its help page has it. */
interface Page {
  /** The heading under which the help lists it. */
  readonly group: string;
  readonly name: string;
  readonly does: string;
  readonly options: readonly Option[];
  /** What follows the options, in paragraphs: notes, examples, exit status. */
  readonly paragraphs: readonly string[];
}

/** The group of commands that has a page of its own. */
const apart = "Pull requests:";

/**
 * The command line as the pages `docs/cli.md` and, for pull requests, `docs/cli-pull-requests.md`; written by
 * `make docs`.
 *
 * @param program of `cli`
 */
export function cliPages(program: Command): {
  readonly main: string;
  readonly pullRequests: string;
} {
  const pages = visible(program).map(pageOf);
  const common = commonOf(pages, ({ options }) => options.map(describeOption));
  const lines = commonOf(pages, ({ paragraphs }) => paragraphs.flatMap(linesOf));
  const shared = [longest(pages, "Environment"), ["Exit status:", ...lines].join("\n")];
  const chapters = (isWanted: (page: Page) => boolean) =>
    pages.filter(isWanted).flatMap((page) => chapter(page, common, lines));
  const fileOf = ({ group }: Page) => (group === apart ? "cli-pull-requests.md" : "");
  const main = [
    "# The command line",
    "Made from `cli` by `make docs`. `npx taskrunner-storage COMMAND --help` shows the same.",
    table(
      ["command", "what it does"],
      pages.map((page) => [
        `[\`${page.name}\`](${fileOf(page)}#${anchorOf(page.name)})`,
        page.does,
      ]),
    ),
    "## All commands",
    table(["option", "meaning"], common),
    ...shared.map(block),
    ...chapters(({ group }) => group !== apart),
    "",
  ];
  const pullRequests = [
    "# The commands for pull requests",
    "Made from `cli` by `make docs`. [cli.md](cli.md) has the other commands, and what all have in common.",
    ...chapters(({ group }) => group === apart),
    "",
  ];
  return { main: main.join("\n\n"), pullRequests: pullRequests.join("\n\n") };
}

/** @param said the lines that most pages have, which are said once */
function chapter(page: Page, common: readonly Row[], said: readonly string[]): string[] {
  const isShared = (row: Row) => common.some((one) => one.join() === row.join());
  const rows = page.options.map(describeOption).filter((row) => !isShared(row));
  const rest = page.paragraphs
    .filter((one) => !one.startsWith("Environment:"))
    .map((one) => withoutLines(one, said))
    .filter((one) => one !== "Exit status:");
  return [
    `## \`${page.name}\``,
    ...(rows.length > 0 ? [table(["option", "meaning"], rows)] : []),
    block(rest.join("\n\n")),
  ];
}

const linesOf = (paragraph: string) =>
  paragraph.startsWith("Exit status:") ? paragraph.split("\n").slice(1) : [];

function withoutLines(paragraph: string, said: readonly string[]): string {
  return paragraph
    .split("\n")
    .filter((line) => !said.includes(line))
    .join("\n");
}

/** The paragraph with this heading that says most: the others have a part of it. */
function longest(pages: readonly Page[], heading: string): string {
  const found = pages.flatMap(({ paragraphs }) => paragraphs);
  const ofIt = found.filter((one) => one.startsWith(`${heading}:`));
  return ofIt.reduce((most, one) => (one.length > most.length ? one : most), "");
}

/** What at least half of the pages have, in the order of the first. */
function commonOf<Part>(pages: readonly Page[], partsOf: (page: Page) => readonly Part[]): Part[] {
  const key = (part: Part) => JSON.stringify(part);
  const all = pages.map((page) => [...new Map(partsOf(page).map((one) => [key(one), one]))]);
  const parts = new Map(all.flat());
  const isCommon = ([text]: readonly [string, Part]) =>
    all.filter((page) => page.some(([other]) => other === text)).length >= pages.length / 2;
  return [...parts].filter(isCommon).map(([, part]) => part);
}

function pageOf(command: Command): Page {
  const help = command.createHelp();
  const about = command.helpInformation();
  let whole = "";
  command.configureOutput({ writeOut: (text) => (whole += text) });
  command.outputHelp();
  const after = whole.slice(whole.indexOf(about) + about.length).trim();
  return {
    group: command.helpGroup(),
    name: [command.name(), ...command.aliases()].join(", "),
    does: command.description(),
    options: help.visibleOptions(command),
    paragraphs: after.split(/\n\s*\n/).filter((text) => text !== ""),
  };
}

function visible(program: Command): readonly Command[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "help");
}

type Row = readonly [string, string];

function describeOption({ flags, description, defaultValue, argChoices, mandatory }: Option): Row {
  const rest = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices ? [`one of ${argChoices.map((one) => `\`${one}\``).join(", ")}`] : []),
    ...(defaultValue === undefined ? [] : [`default \`${String(defaultValue)}\``]),
  ];
  const meaning = [description, ...rest]
    .join("; ")
    .replaceAll("\n", " ")
    .replaceAll(/[|<]/g, "\\$&");
  return [`\`${flags}\``, meaning];
}

const block = (text: string) => text.replace(/^(?=.)/gm, "    ");
const anchorOf = (name: string) => name.replaceAll(/[^\w -]/g, "").replaceAll(" ", "-");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

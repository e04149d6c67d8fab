import type { Command, Option } from "commander";

/** A command as its help page has it. */
interface Page {
  readonly name: string;
  readonly does: string;
  readonly options: readonly Option[];
  /** What follows the options, in paragraphs: notes, examples, exit status. */
  readonly paragraphs: readonly string[];
}

/** The command line as the page `docs/cli.md`; written by `make docs`. @param program of `cli` */
export function cliPage(program: Command): string {
  const pages = visible(program).map(pageOf);
  const common = commonOf(pages, ({ options }) => options.map(describeOption));
  const shared = commonOf(pages, ({ paragraphs }) => paragraphs);
  return [
    "# The command line",
    "Made from `cli` by `make docs`. `npx taskrunner-storage COMMAND --help` shows the same.",
    table(
      ["command", "what it does"],
      pages.map(({ name, does }) => [`[\`${name}\`](#${anchorOf(name)})`, does]),
    ),
    "## All commands",
    table(["option", "meaning"], common),
    ...shared.map(block),
    ...pages.flatMap((page) => chapter(page, common, shared)),
    "",
  ].join("\n\n");
}

function chapter(page: Page, common: readonly Row[], shared: readonly string[]): string[] {
  const isShared = (row: Row) => common.some((one) => one.join() === row.join());
  const rows = page.options.map(describeOption).filter((row) => !isShared(row));
  const rest = page.paragraphs.filter((one) => !shared.includes(one));
  return [
    `## \`${page.name}\``,
    ...(rows.length > 0 ? [table(["option", "meaning"], rows)] : []),
    block(rest.join("\n\n")),
  ];
}

/** What most pages have, in the order of the first. */
function commonOf<Part>(pages: readonly Page[], partsOf: (page: Page) => readonly Part[]): Part[] {
  const key = (part: Part) => JSON.stringify(part);
  const all = pages.map((page) => [...new Map(partsOf(page).map((one) => [key(one), one]))]);
  const parts = new Map(all.flat());
  const isCommon = ([text]: readonly [string, Part]) =>
    all.filter((page) => page.some(([other]) => other === text)).length > pages.length / 2;
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

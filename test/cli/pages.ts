import { program } from "../../cli/program";

/** The help pages as a terminal of 80 columns shows them, by the command's name; no hidden command. */
export const pagesByName: ReadonlyMap<string, string> = new Map(
  program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "help")
    .map((command) => [command.name(), pageOf(command)]),
);

/** The page of `taskrunner-storage --help`. */
export const mainPage = pageOf(program);

function pageOf(command: typeof program): string {
  let page = "";
  const usual = command.configureOutput();
  command.configureOutput({
    getOutHelpWidth: () => 80,
    writeOut: (text) => {
      page += text;
    },
  });
  command.outputHelp();
  command.configureOutput(usual);
  return page;
}

/** The lines below a heading of a page, up to the next empty one, without their indentation. */
export function linesBelow(page: string, heading: RegExp): string[] {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => heading.test(line)) + 1;
  if (first === 0) return [];
  const end = lines.indexOf("", first);
  return lines.slice(first, end === -1 ? undefined : end).map((line) => line.slice(2));
}

/** The examples of a page, each a whole shell line. */
export function examplesIn(page: string): string[] {
  return linesBelow(page, /^Examples?:$/)
    .join("\n")
    .replaceAll(/ \\\n */g, " ")
    .split("\n");
}

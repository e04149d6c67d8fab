import { Command, type Option } from "commander";
import { execa } from "execa";
import { program as own } from "../../cli/program";

/** What is wrong with a command's arguments; undefined if nothing is. */
export type Problem = string | undefined;

/**
 * Parses arguments as the command line of this project does, and runs nothing.
 *
 * @param isWhole whether it has to be complete; a sentence may leave out a required option
 */
export function checkOwn([name = "", ...given]: readonly string[], isWhole: boolean): Problem {
  const found = own.commands.find((one) => [one.name(), ...one.aliases()].includes(name));
  // A word in capitals stands for any command.
  if (/^[A-Z]+$|^help$|^--(?:help|version)$/.test(name)) return undefined;
  if (!found) return `there is no command ${name}`;
  // A copy: the values of options stay in a command that has parsed some.
  const copy = new Command(name).exitOverride().configureOutput({ outputError: () => undefined });
  copy.allowExcessArguments(false);
  for (const option of found.options) copy.addOption(isWhole ? option : notMandatory(option));
  for (const argument of found.registeredArguments) copy.addArgument(argument);
  try {
    copy.parse(given, { from: "user" });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const notMandatory = (option: Option): Option =>
  Object.assign(Object.create(Object.getPrototypeOf(option) as object) as Option, option, {
    mandatory: false,
  });

/** A program that prints its subcommands and flags. */
export interface Helper {
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The subcommand that prints the flags of all others. */
  readonly common?: string;
}

/** Checks the subcommand and the flags of a program by its own help pages. */
export function checkerOf({ file, env, common }: Helper) {
  const pages = new Map<string, Promise<string>>();
  const help = (...words: readonly string[]) => {
    const { PATH } = process.env;
    const ask = () => execa(file, words, { env: { PATH, ...env }, all: true, reject: false });
    const page = pages.get(words.join(" ")) ?? ask().then(({ all }) => all);
    pages.set(words.join(" "), page);
    return page;
  };

  return async (given: readonly string[], isWhole: boolean): Promise<Problem> => {
    const words = given.includes("--") ? given.slice(0, given.indexOf("--")) : given;
    const always = flagsIn(common ? await help(common) : "");
    const flags: string[] = [];
    const path: string[] = [];
    let page = await help("--help");
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? "";
      if (word.startsWith("-")) {
        flags.push(word);
        if (flagsIn(page).get(word) === "value" || always.get(word) === "value") at += 1;
        if (at >= words.length && isWhole) return `${word} has no value`;
      } else if (listsCommands(page)) {
        const next = await help(...path, word, "--help");
        // For a word that is not a subcommand the page of the command before is printed.
        if (next === page || /^error: /i.test(next))
          return `${[...path, word].join(" ")} is unknown`;
        path.push(word);
        page = next;
      }
    }
    const known = flagsIn(page);
    const name = (flag: string) => flag.split("=", 1)[0] ?? "";
    const unknown = flags.find((flag) => !known.has(name(flag)) && !always.has(name(flag)));
    return unknown && `${path.join(" ")} has no ${unknown}`;
  };
}

/** Checks that the help of a subcommand names each long flag, for programs whose help has no table of flags. */
export const mentionOf =
  (file: string, ask: string) =>
  async ([command = "", ...words]: readonly string[]): Promise<Problem> => {
    const { all } = await execa(file, [command, ask], { all: true, reject: false });
    if (/unknown command|not a git command/i.test(all)) return `${file} has no ${command}`;
    const flags = words.flatMap((word) => /^--[\w-]+/.exec(word) ?? []);
    const unknown = flags.find((flag) => !all.includes(flag));
    return unknown && `${file} ${command} has no ${unknown}`;
  };

const listsCommands = (help: string) => /^[A-Z].* Commands.*:$/m.test(help);

/** The flags of a help page, long and short, and whether a value follows. */
function flagsIn(help: string): ReadonlyMap<string, "value" | "none"> {
  const flags = new Map<string, "value" | "none">();
  // Of Helm and Pulumi `--stack string`, or with `[="true"]` if the value may be left out; of kubectl `--all=false:`.
  const lines = /^ +(?:(-\w), )?(--[\w-]+)(?:=(\S*):| (\S+))?(?= {2}|\s*$)/gm;
  for (const [, short, long = "", value, type = ""] of help.matchAll(lines)) {
    const takes = value === undefined ? /^[^[]+$/.test(type) : !/^(?:true|false)$/.test(value);
    for (const name of [short, long]) if (name) flags.set(name, takes ? "value" : "none");
  }
  return flags;
}

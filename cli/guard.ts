import { baseIn, decide, modeIn, modeSince, runningMode, type Base } from "../components/checkout";
import { command, print, type CommonOptions } from "./context";
import { settingsFileOf, textOf } from "./files";

interface GuardOptions extends CommonOptions {
  readonly outputs: string;
  readonly history?: string;
  readonly before?: string;
}

/** `guard`: keeps `up` from undoing a rollback that git does not know of yet. */
export const guardCommand = command("guard", "says whether up may follow the settings in git")
  .requiredOption("--outputs <file>", "what `pulumi stack output --json` prints")
  .option("--history <file>", "what `pulumi stack history --json` prints")
  .option(
    "--before <revision>",
    "from where on commits count, in place of the last up in --history",
  )
  .addHelpText(
    "after",
    "\n  taskrunner-storage guard --stack prod --outputs outputs.json --history history.json\n\n" +
      "Refused is an up to storageMode mongo where the stack was rolled back, unless a commit since\n" +
      "the last up changes that key.\n\nExit status: 0 it may, 3 it is refused, 1 error.",
  )
  .action(async (options: GuardOptions) => {
    const { file, stack } = settingsFileOf(options);
    const base = baseOf(options);
    const decision = decide({
      stack,
      running: runningMode(textOf(options.outputs, "--outputs")),
      wanted: modeIn(textOf(file, "--settings")),
      since: base && (await modeSince(base, file)),
    });
    print(options, decision, decision.words);
    process.exitCode = decision.allowed ? 0 : 3;
  });

function baseOf({ before, history }: GuardOptions): Base | undefined {
  if (before !== undefined) return { revision: before };
  return history === undefined ? undefined : baseIn(textOf(history, "--history"));
}

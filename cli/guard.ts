import {
  decide,
  historyIn,
  isBehind,
  modeIn,
  modeSince,
  runningMode,
  turnsOnCommits,
  type History,
} from "../components/checkout";
import { command, print, settingsFileOf, textOf, type CommonOptions } from "./context";

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
      "Refuses an up to storageMode mongo if the stack was rolled back, or the newest up in --history\n" +
      "was a rollback, unless a commit since then changes that key. Refuses an up from a commit that is\n" +
      "older than the last one's.\n\nExit status: 0 it may, 3 it is refused, 1 error.",
  )
  .action(async (options: GuardOptions) => {
    const { file, stack } = settingsFileOf(options);
    const { up, toFiles } = historyOf(options);
    const ended = runningMode(textOf(options.outputs, "--outputs"));
    const modes = {
      running: toFiles ? "filesystem" : ended,
      wanted: modeIn(textOf(file, "--settings")),
    } as const;
    const base = toFiles ? toFiles.base : up;
    const decision = decide({
      ...{ stack, ...modes, halfWay: toFiles?.finished === false && ended !== "filesystem" },
      newer: up && (await isBehind(up, file)) ? up.revision : undefined,
      since: base && turnsOnCommits(modes) ? await modeSince(base, file) : undefined,
    });
    print(options, decision, decision.words);
    process.exitCode = decision.allowed ? 0 : 3;
  });

/** If `--before` names a commit, it is the one of the last up. */
function historyOf({ before, history }: GuardOptions): History {
  const found: History =
    history === undefined ? { up: undefined } : historyIn(textOf(history, "--history"));
  if (before === undefined) return found;
  const base = { revision: before };
  return { up: base, toFiles: found.toFiles && { ...found.toFiles, base } };
}

import { Option } from "commander";
import { goBack, savedFence, wayBackInWords } from "../components/backfill";
import { addressOf, command, print, settingsOf, type CommonOptions } from "./context";
import { helpAfter, stateSides } from "./state";

interface WayBackOptions extends CommonOptions {
  readonly to: string;
  readonly heldRuns: "hold" | "release";
  readonly fence: boolean;
  readonly later?: true;
}

/** `wayback`: what `pulumi up` does for files on the way back; what its Job calls. */
export const wayBackCommand = helpAfter(
  command(
    "wayback",
    "exports; without MongoDB, sets aside what is unfinished; while no worker runs, else with --later",
  )
    .requiredOption("--to <directory>", "the state root, such as /var/lib/taskrunner")
    .addOption(
      new Option("--held-runs <wish>", "what becomes of unfinished runs without MongoDB")
        .choices(["hold", "release"])
        .default("hold"),
    )
    .option("--no-fence", "leaves fence.json out of account: it is of an earlier cutover")
    .option("--later", "the services work on the files again: sets nothing aside any more"),
  "0 done, also where MongoDB is out of reach, 1 error",
  "wayback --to /var/lib/taskrunner",
).action(async (options: WayBackOptions) => {
  const settings = await settingsOf(options);
  const sides = stateSides(settings, options.to);
  const { uri, database: name } = addressOf(settings);
  const fence = options.fence ? await savedFence(sides) : undefined;
  const { ledger, electionSeconds, abandonMongo } = settings.advanced;
  const { heldRuns, later: isLater = false } = options;
  const own = {
    electionSeconds,
    abandonMongo,
    watch: (line: string) => {
      if (!options.quiet) console.error(line);
    },
  };
  const done = await goBack(sides, { uri, name, fence, ledger, heldRuns, isLater, ...own });
  print(options, done, wayBackInWords(done, options.to, { fence }).join("\n"));
});

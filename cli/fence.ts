import { Option } from "commander";
import { drawFence, saveFence } from "../components/backfill";
import { requireFence } from "../components/ledger";
import { command, databaseOf, print, settingsOf, type CommonOptions } from "./context";
import { helpAfter, stateSides } from "./state";
import { casesInWords, whole } from "./words";

interface FenceOptions extends CommonOptions {
  readonly at: string;
  readonly follows?: string;
}

/** `fence`: the moment of a cutover from which on MongoDB is the truth. */
export const fenceCommand = helpAfter(
  command("fence", "notes when MongoDB became the truth, when a cutover's worker is drained")
    .requiredOption("--at <directory>", "the state root, such as /var/lib/taskrunner")
    .addOption(
      new Option(
        "--follows <time>",
        "refuses a database that has not the fence of then",
      ).hideHelp(),
    ),
  "0 done, 1 error",
  "fence --at /var/lib/taskrunner",
).action(async (options: FenceOptions) => {
  const settings = await settingsOf(options);
  const address = stateSides(settings, options.at);
  const { ledger } = settings.advanced;
  const database = await databaseOf(settings);
  if (options.follows !== undefined) await requireFence(database, ledger, options.follows);
  const drawn = await drawFence({ ...address, ledger, database });
  await saveFence(address, drawn.fence);
  const { fence, held, unknown } = drawn;
  const words = [
    `From ${fence.at} on MongoDB is the truth.`,
    `Unfinished runs below ${options.at}: ${whole(fence.unfinished.length)}.`,
    ...casesInWords("Still in held/, until an export", held, held.length),
    ...casesInWords("Of these, not in MongoDB: nobody executes them", unknown, unknown.length),
  ];
  print(options, drawn, words.join("\n"));
});

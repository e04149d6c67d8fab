import { drawFence, saveFence } from "../components/backfill";
import { command, print, settingsOf, type CommonOptions } from "./context";
import { helpAfter, stateSides } from "./state";
import { casesInWords, whole } from "./words";

interface FenceOptions extends CommonOptions {
  readonly at: string;
}

/** `fence`: the moment of a cutover from which on MongoDB is the truth; needs no MongoDB. */
export const fenceCommand = helpAfter(
  command(
    "fence",
    "notes which runs are unfinished on disk, when a cutover's worker is drained",
  ).requiredOption("--at <directory>", "the state root, such as /var/lib/taskrunner"),
  "0 done, 1 error",
  "fence --at /var/lib/taskrunner",
).action(async (options: FenceOptions) => {
  const address = stateSides(await settingsOf(options), options.at);
  const drawn = await drawFence(address);
  await saveFence(address, drawn.fence);
  const { fence, inTheWay } = drawn;
  const words = [
    `Unfinished runs below ${options.at}: ${whole(fence.unfinished.length)}.`,
    ...casesInWords("Left in held/, because another file has the place", inTheWay, inTheWay.length),
  ];
  print(options, drawn, words.join("\n"));
});

import { writeFileSync } from "node:fs";
import { Option } from "commander";
import { modeIn, pushChange, withMode } from "../components/checkout";
import { openPullRequest, readRepository, runAddress } from "../components/review/post";
import { settingsSchema, type StorageMode } from "../components/settings";
import { command, print, type CommonOptions } from "./command";
import { stackFileOf, textOf } from "./inputs";

interface ModeOptions extends CommonOptions {
  readonly set?: StorageMode;
  readonly pullRequest?: true;
}

/** What became of a settings file, and of the pull request. */
interface Done {
  readonly storageMode: StorageMode;
  readonly changed: boolean;
  readonly pullRequest?: string;
}

/** `mode`: the storage mode in a settings file, and in git. */
export const modeCommand = command("mode", {
  group: "Pull requests",
  does: "Show or set the storage mode in a settings file.",
  options: [
    new Option("--set <mode>", "set it; every comment stays").choices(
      settingsSchema.shape.storageMode.options,
    ),
    new Option("--pull-request", "open a pull request with the change, as GITHUB_TOKEN"),
  ],
  examples: [
    "npx taskrunner-storage mode --stack dev",
    "npx taskrunner-storage mode --stack dev --set filesystem",
  ],
}).action(async (options: ModeOptions) => {
  const { file, stack } = await stackFileOf(options);
  const { set, pullRequest } = options;
  const text = textOf(file, "--settings");
  const edited = set === undefined ? text : withMode(text, set);
  if (edited !== text) writeFileSync(file, edited);
  const storageMode = modeIn(edited);
  const url = pullRequest && (await propose(file, stack, storageMode));
  const done = { storageMode, changed: edited !== text, ...(url && { pullRequest: url }) };
  print(options, done, describeDone(file, done, pullRequest));
});

/** The address of the pull request; undefined where the checked-out commit has the file as it is. */
async function propose(file: string, stack: string, mode: StorageMode) {
  const repository = readRepository(process.env);
  const title = `${stack}: storageMode ${mode}`;
  const branch = `taskrunner-storage/${mode}-${stack}`;
  const { base } = await pushChange({
    file,
    branch,
    message: title,
    author: process.env.GITHUB_ACTOR ?? "taskrunner-storage",
    token: repository.token,
  });
  if (base === undefined) return undefined;
  const run = runAddress(process.env);
  const body = [
    `Stack \`${stack}\` is to be in \`storageMode: ${mode}\`. Merge this, so that git says the same: \`up\` then`,
    `finishes what was begun, or does it where nothing was. ${untilThen[mode]}`,
    ...(run === undefined ? [] : ["", `Done by ${run}`]),
  ].join("\n");
  return (await openPullRequest({ ...repository, branch, base, title, body })).url;
}

/** Whoever reads it does not know whether `up` ended, stopped half-way or never began. */
const untilThen: Readonly<Record<StorageMode, string>> = {
  filesystem: "Until then an `up` that would undo it is refused, once it has begun.",
  mongo: "Until then the next `up` takes the stack back to files.",
};

function describeDone(file: string, done: Done, asked: true | undefined): string {
  const { storageMode, changed, pullRequest } = done;
  const first = `${file}: storageMode ${storageMode}${changed ? ", changed" : ""}.`;
  if (!asked) return first;
  return `${first}\n${pullRequest ? `Pull request: ${pullRequest}` : "Git says so already."}`;
}

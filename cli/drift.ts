import { describeDrift, driftIn, readPreview, redactor, secretsIn } from "../components/review";
import { openOrUpdateIssue, readRepository, runAddress } from "../components/review/post";
import { command, exitWith, exitZeroOption, requireOption } from "./command";
import { stackFileOf, textOf } from "./inputs";
import { postOption, printAndPost, type PostOptions } from "./post";

interface DriftOptions extends PostOptions {
  readonly preview: string;
  readonly exitZero?: true;
}

/** `drift`: what differs from the settings, and the issue about it. */
export const driftCommand = command("drift", {
  group: "Pull requests",
  does: "Show what differs from the settings, and keep an issue.",
  options: [
    requireOption("--preview <file>", "what `pulumi preview --refresh --json` printed"),
    postOption("open, update or close the stack's issue"),
    exitZeroOption,
  ],
  examples: [
    "pulumi preview --refresh --json --stack dev > preview.json",
    "npx taskrunner-storage drift --stack dev --preview preview.json",
  ],
  statuses: { 0: "nothing differs", 2: "something differs, or MongoDB was not looked at" },
  notes: [
    "What the refresh did not look at, as without MongoDB, opens the issue, or keeps",
    "it open.",
  ],
}).action(async (options: DriftOptions) => {
  const { stack } = await stackFileOf(options);
  const redact = redactor(secretsIn(process.env));
  const drift = driftIn(readPreview(textOf(options.preview, "--preview"), redact));
  const { words: text, title } = describeDrift(stack, drift, runAddress(process.env));
  await printAndPost(options, "Issue", { asJson: drift, text }, () =>
    openOrUpdateIssue({
      ...readRepository(process.env),
      stack,
      ...(title && { title, body: text }),
    }),
  );
  exitWith(title === undefined ? 0 : 2, options);
});

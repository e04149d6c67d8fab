import { Option } from "commander";
import {
  readPlan,
  readPreview,
  redactor,
  review,
  secretsIn,
  situationOf,
  type Review,
} from "../components/review";
import { postComment, readOccasion, readPullRequest } from "../components/review/post";
import { command, requireOption } from "./command";
import { textOf } from "./inputs";
import { postOption, printAndPost, type PostOptions } from "./post";

interface CommentOptions extends PostOptions {
  readonly preview: string;
  readonly plan?: string;
}

/** `comment`: what a preview would do, for the person who says yes or no. */
export const commentCommand = command("comment", {
  group: "Pull requests",
  does: "Write a preview as a pull-request comment, in Markdown.",
  options: [
    requireOption("--preview <file>", "what `pulumi preview --json` printed, also if it failed"),
    new Option("--plan <file>", "what `plan --json` printed: counts and data issues"),
    postOption("create or update the stack's comment on the pull request"),
  ],
  examples: [
    "pulumi preview --json --stack dev > preview.json",
    "npx taskrunner-storage plan --json --stack dev > plan.json",
    "npx taskrunner-storage comment --preview preview.json --plan plan.json",
  ],
  ignoresSettings: true,
  notes: [
    "With --json it prints an object with headline, level (clear, risks or blocked),",
    "verdict and body. Secrets that the environment names (…TOKEN, …PASSPHRASE,",
    "…URI) and those in URIs never get in.",
  ],
}).action(async (options: CommentOptions) => {
  const { stack, ...made } = reviewOf(options);
  const { body } = made;
  await printAndPost(options, "Comment", { asJson: made, text: body }, () =>
    postComment({ ...readPullRequest(process.env), stack, body }),
  );
});

function reviewOf(options: CommentOptions): Review & { readonly stack: string } {
  const { preview, plan, stack } = options;
  const redact = redactor(secretsIn(process.env));
  const previewed = readPreview(textOf(preview, "--preview"), redact);
  const planned = plan === undefined ? undefined : readPlan(textOf(plan, "--plan"), redact);
  const situation = situationOf(previewed, planned, {
    stack,
    occasion: readOccasion(process.env),
  });
  return { stack: situation.stack, ...review(situation) };
}

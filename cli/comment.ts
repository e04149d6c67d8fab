import {
  readPlan,
  readPreview,
  redactor,
  review,
  secretsIn,
  situationOf,
  type Review,
} from "../components/review";
import { postReview } from "../components/review/post";
import { command, print, textOf, type CommonOptions } from "./context";

interface CommentOptions extends CommonOptions {
  readonly preview: string;
  readonly plan?: string;
  readonly post?: true;
}

const example = [
  "pulumi preview --json --stack dev > preview.json",
  "taskrunner-storage plan --json --stack dev > plan.json",
  "taskrunner-storage comment --preview preview.json --plan plan.json",
].join("\n  ");

/** `comment`: what a preview would do, for the person who says yes or no. */
export const commentCommand = command(
  "comment",
  "a preview as a pull-request comment, in Markdown",
  example,
)
  .requiredOption("--preview <file>", "what `pulumi preview --json` printed, also where it failed")
  .option(
    "--plan <file>",
    "what `plan --json` printed: counts of files, data issues, runs left behind",
  )
  .option(
    "--post",
    "makes or updates the stack's comment on the pull request, as GITHUB_TOKEN; job's summary too",
  )
  .addHelpText(
    "after",
    "\nWith --json an object with headline, level (clear, risks or blocked), verdict and body. Secrets\n" +
      "that the environment names (…TOKEN, …PASSPHRASE, …URI) and those in URIs never get in.\n\n" +
      "Exit status: 0 done, 1 error.",
  )
  .action(async (options: CommentOptions) => {
    const { stack, ...made } = reviewOf(options);
    if (!options.post) {
      print(options, made, made.body);
      return;
    }
    const posted = await postReview(stack, made.body, process.env);
    print(
      options,
      { ...made, posted },
      `${made.headline}\nComment ${posted.outcome}: ${posted.url}`,
    );
  });

function reviewOf({ preview, plan, stack }: CommentOptions): Review & { readonly stack: string } {
  const redact = redactor(secretsIn(process.env));
  const previewed = readPreview(textOf(preview, "--preview"), redact);
  const planned = plan === undefined ? undefined : readPlan(textOf(plan, "--plan"), redact);
  const situation = situationOf(previewed, planned, stack);
  return { stack: situation.stack, ...review(situation) };
}

import { readFile } from "node:fs/promises";
import {
  readPlan,
  readPreview,
  redactor,
  review,
  secretsIn,
  situationOf,
  type Review,
} from "../components/review";
import { command, print, type CommonOptions } from "./context";

interface CommentOptions extends CommonOptions {
  readonly preview: string;
  readonly plan?: string;
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
  .addHelpText(
    "after",
    "\nWith --json an object with headline, level (clear, risks or blocked), verdict and body. Secrets\n" +
      "that the environment names (…TOKEN, …PASSPHRASE, …URI) and those in URIs never get in.\n\n" +
      "Exit status: 0 done, 1 error.",
  )
  .action(async (options: CommentOptions) => {
    const made = await reviewOf(options);
    print(options, made, made.body);
  });

async function reviewOf({ preview, plan, stack }: CommentOptions): Promise<Review> {
  const redact = redactor(secretsIn(process.env));
  const previewed = readPreview(await textOf(preview), redact);
  const planned = plan === undefined ? undefined : readPlan(await textOf(plan), redact);
  return review(situationOf(previewed, planned, stack));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new Error(`The file ${file} cannot be read (${code}).`, { cause: error });
  }
}

import { writeFileSync } from "node:fs";
import { Option } from "commander";
import {
  findMismatches,
  listApproved,
  prepareReview,
  readApproval,
  readPlan,
  readPreview,
  redactor,
  review,
  secretsIn,
} from "../components/review";
import { postComment, readThread, readTrigger } from "../components/review/post";
import { command, type CommonOptions } from "./command";
import { readOptionFile } from "./inputs";
import { toJson } from "./json";

interface CommentOptions extends CommonOptions {
  readonly post?: true;
  readonly expectNoChanges?: true;
  readonly preview: string;
  readonly plan?: string;
  readonly saveApproval?: string;
  readonly approved?: string;
}

/** `comment`: writes a preview's changes for the reviewer who approves or rejects them. */
export const commentCommand = command("comment", {
  group: "Pull requests",
  does: "Write a preview as a pull-request comment, in Markdown.",
  options: [
    new Option(
      "--preview <file>",
      "what `pulumi preview --json` printed, also if it failed",
    ).makeOptionMandatory(),
    new Option("--plan <file>", "what `plan --json` printed: the figures of MongoDB"),
    new Option("--post", "create or update the stack's comment, as GITHUB_TOKEN or GITLAB_TOKEN"),
    new Option("--expect-no-changes", "end with 3 unless the preview shows that nothing differs"),
    new Option("--save-approval <file>", "write the list that an approval of this preview covers"),
    new Option("--approved <file>", "end with 4 if the preview has more than this approval"),
  ],
  examples: [
    "pulumi preview --json --stack dev > preview.json",
    "npx taskrunner-storage plan --json --stack dev > plan.json",
    "npx taskrunner-storage comment --preview preview.json --plan plan.json",
  ],
  ignoresSettings: true,
  statuses: {
    3: "something differs, or was not compared (--expect-no-changes)",
    4: "a change or a warning is not among what was approved (--approved)",
  },
  notes: [
    "With --json it prints an object with headline, level (clear, risks or blocked),",
    "verdict and body. Secrets that the environment names (…TOKEN, …PASSPHRASE,",
    "…URI) and those in URIs never get in.",
  ],
}).action(async (options: CommentOptions) => {
  const { json, post, stack: named, expectNoChanges, saveApproval, plan, approved } = options;
  const redact = redactor(secretsIn(process.env));
  const read = (file: string, option: string) => withRelativePaths(readOptionFile(file, option));
  const preview = readPreview(read(options.preview, "--preview"), redact);
  const planned = plan === undefined ? undefined : readPlan(read(plan, "--plan"), redact);
  const approval = listApproved(preview);
  const known =
    approved === undefined
      ? approval
      : readApproval(readOptionFile(approved, "--approved"), redact);
  const trigger = readTrigger(process.env);
  const input = prepareReview(preview, planned, { ...(named && { stack: named }), trigger });
  const { stack } = input;
  const made = review(input);
  const { body } = made;
  if (saveApproval !== undefined) writeFileSync(saveApproval, JSON.stringify(approval));
  // Printed first: a job's summary then has the comment even if the API refuses it.
  if (!json) console.log(body);
  const posted = post && (await postComment(readThread(process.env), { stack, body }));
  const changes = expectNoChanges ? findMismatches(preview) : [];
  const facts = { ...made, ...(posted && { posted }), ...(expectNoChanges && { changes }) };
  if (json) console.log(toJson("comment", facts));
  else if (posted) console.log(`\nComment ${posted.outcome}: ${posted.url}`);
  const unapproved = approval.filter((line) => !known.includes(line)).join(", ");
  if (unapproved !== "") {
    console.error(
      `Stack ${stack} would do more than was approved: ${unapproved}. Approve a new preview.`,
    );
    process.exitCode = 4;
  }
  if (changes.length === 0) return;
  console.error(`Stack ${stack} is not proven to be as its settings say: ${changes.join(", ")}.`);
  process.exitCode = 3;
});

// A reader knows the repository, and not where a runner has it.
function withRelativePaths(text: string): string {
  const folder = process.cwd();
  return folder === "/" ? text : text.replaceAll(`${folder}/`, "");
}

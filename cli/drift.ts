import { Option } from "commander";
import { redactor, secretsIn } from "../components/review";
import {
  driftIn,
  describeDrift,
  openOrUpdateIssue,
  readRepository,
  runAddress,
  writeSummary,
  type DriftReport,
} from "../components/review/post";
import {
  command,
  exitWith,
  exitZeroOption,
  print,
  requireOption,
  type CommonOptions,
} from "./command";
import { stackFileOf, textOf } from "./inputs";

interface DriftOptions extends CommonOptions {
  readonly preview: string;
  readonly post?: true;
  readonly exitZero?: true;
}

/** `drift`: what differs from the settings, and the issue about it. */
export const driftCommand = command("drift", {
  group: "Pull requests",
  does: "Show what differs from the settings, and keep an issue.",
  options: [
    requireOption("--preview <file>", "what `pulumi preview --refresh --json` printed"),
    new Option("--post", "open, update or close the stack's issue, as GITHUB_TOKEN"),
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
  const drift = driftIn(textOf(options.preview, "--preview"), redact);
  const { words, issue: due } = describeDrift(stack, drift, runAddress(process.env));
  writeSummary(words, process.env);
  const issue = options.post && (await post(stack, due));
  const where = issue?.url === undefined ? "" : `\n\nIssue ${issue.outcome}: ${issue.url}`;
  print(options, { ...drift, ...(issue && { issue }) }, `${words}${where}`);
  exitWith(due ? 2 : 0, options);
});

function post(stack: string, due: DriftReport["issue"]) {
  const { title = "", body } = due ?? {};
  return openOrUpdateIssue({ ...readRepository(process.env), stack, title, body });
}

import { Option } from "commander";
import { historyIn, lastUpIn, mayFollow, modeIn } from "../components/checkout";
import { hasRequiredReviewer, readRepository } from "../components/review/post";
import { command, print, type CommonOptions } from "./command";
import { UsageError } from "./errors";
import { stackFileOf, textOf } from "./inputs";

interface GuardOptions extends CommonOptions {
  readonly outputs?: string;
  readonly history?: string;
  readonly reviewers?: string;
}

interface Answer {
  readonly allowed: boolean;
  readonly words: string;
}

/** `guard`: keeps `up` from undoing a rollback that git does not know of, and from an approval by nobody. */
export const guardCommand = command("guard", {
  group: "Pull requests",
  does: "Check that `up` may follow the settings in git.",
  options: [
    new Option("--outputs <file>", "what `pulumi stack output --json` printed"),
    new Option("--history <file>", "what `pulumi stack history --json` printed"),
    new Option("--reviewers <environment>", "ask whether somebody approves it, as GITHUB_TOKEN"),
  ],
  examples: [
    "pulumi stack output --json --stack dev > outputs.json",
    "pulumi stack history --json --stack dev > history.json",
    "npx taskrunner-storage guard --stack dev \\\n    --outputs outputs.json --history history.json",
  ],
  statuses: { 0: "up may go on", 3: "up may not" },
  notes: [
    "It refuses an up to storageMode mongo if the stack was rolled back, or if the",
    "newest up was a rollback that stopped halfway, until the settings in git said",
    "filesystem. It refuses an up from a commit that does not descend from the last",
    "one's, and an environment without a required reviewer.",
  ],
}).action(async (options: GuardOptions) => {
  const answers = [await aboutStack(options), await aboutReviewers(options)].filter(
    (answer) => answer !== undefined,
  );
  if (answers.length === 0) {
    throw new UsageError(
      "No option names what to guard. Give --outputs with --history, or --reviewers.",
    );
  }
  const allowed = answers.every((answer) => answer.allowed);
  const words = answers.map((answer) => answer.words).join("\n");
  print(options, { allowed, words }, words);
  process.exitCode = allowed ? 0 : 3;
});

async function aboutStack({ outputs, history, ...common }: GuardOptions) {
  if (outputs === undefined && history === undefined) return undefined;
  if (outputs === undefined || history === undefined) {
    throw new UsageError("Only one of --outputs and --history is given. Give both.");
  }
  const { file, stack } = await stackFileOf(common);
  const last = lastUpIn(textOf(outputs, "--outputs"));
  const { hasRun, halfWay } = historyIn(textOf(history, "--history"));
  if (!last && hasRun) {
    throw new Error(
      `${outputs} of --outputs is empty, but the history has an up of ${stack} that succeeded. ` +
        "Write `pulumi stack output --json` to it.",
    );
  }
  const wanted = modeIn(textOf(file, "--settings"));
  return mayFollow({ stack, file, wanted, last, halfWay });
}

async function aboutReviewers({ reviewers }: GuardOptions): Promise<Answer | undefined> {
  if (reviewers === undefined) return undefined;
  const repository = readRepository(process.env);
  const allowed = await hasRequiredReviewer({ ...repository, environment: reviewers });
  const words = allowed
    ? `Environment ${reviewers} has a required reviewer.`
    : describeNoReviewer(reviewers, repository.repository);
  return { allowed, words };
}

function describeNoReviewer(environment: string, repository: string): string {
  return [
    `Refused: environment ${environment} of ${repository} has no required reviewer, so its jobs start unapproved.`,
    `Set one in Settings, Environments, ${environment}, Required reviewers. Private repositories need a`,
    "plan that has them (docs/workflows.md). If another system gives approvals, set the variable",
    "APPROVALS of the repository to elsewhere.",
  ].join("\n");
}

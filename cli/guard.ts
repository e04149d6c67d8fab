import { historyIn, lastUpIn, mayFollow, modeIn } from "../components/checkout";
import { hasRequiredReviewer, readRepository } from "../components/review/post";
import { command, print, settingsFileOf, textOf, type CommonOptions } from "./context";

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
export const guardCommand = command(
  "guard",
  "says whether up may follow the settings in git",
  "taskrunner-storage guard --stack prod --outputs outputs.json --history history.json\n" +
    "  taskrunner-storage guard --stack prod --reviewers prod",
)
  .option("--outputs <file>", "what `pulumi stack output --json` prints")
  .option("--history <file>", "what `pulumi stack history --json` prints")
  .option("--reviewers <environment>", "asks whether somebody has to approve it, as GITHUB_TOKEN")
  .addHelpText(
    "after",
    "\nRefuses an up to storageMode mongo if the stack was rolled back, or the newest up was a rollback\n" +
      "that stopped half-way, until the settings in git said filesystem. Refuses an up from a commit that\n" +
      "does not descend from the last one's, and an environment without a required reviewer.\n\n" +
      "Exit status: 0 it may, 3 it is refused, 1 error.",
  )
  .action(async (options: GuardOptions) => {
    const answers = [await aboutStack(options), await aboutReviewers(options)].filter(
      (answer) => answer !== undefined,
    );
    if (answers.length === 0) {
      throw new Error("Nothing to guard: give --outputs with --history, or --reviewers.");
    }
    const allowed = answers.every((answer) => answer.allowed);
    const words = answers.map((answer) => answer.words).join("\n");
    print(options, { allowed, words }, words);
    process.exitCode = allowed ? 0 : 3;
  });

async function aboutStack({ outputs, history, ...common }: GuardOptions) {
  if (outputs === undefined && history === undefined) return undefined;
  if (outputs === undefined || history === undefined) {
    throw new Error("--outputs and --history belong together: give both.");
  }
  const { file, stack } = settingsFileOf(common);
  const last = lastUpIn(textOf(outputs, "--outputs"));
  const { hasRun, halfWay } = historyIn(textOf(history, "--history"));
  if (!last && hasRun) {
    throw new Error(
      `${outputs} of --outputs is empty, but the history has an up of ${stack} that succeeded. ` +
        "Write it with `pulumi stack output --json`.",
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
    `Set one: Settings, Environments, ${environment}, Required reviewers. Private repositories need a`,
    "plan that has them (docs/workflows.md). If approvals are given elsewhere, set the repository's",
    "variable APPROVALS to elsewhere.",
  ].join("\n");
}

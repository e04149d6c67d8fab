import { redactor, secretsIn } from "../components/review";
import {
  driftIn,
  driftInWords,
  openOrUpdateIssue,
  readRepository,
  runAddress,
  writeSummary,
  type DriftInWords,
} from "../components/review/post";
import {
  command,
  exitWith,
  mayExitZero,
  print,
  settingsFileOf,
  textOf,
  type CommonOptions,
} from "./context";

interface DriftOptions extends CommonOptions {
  readonly preview: string;
  readonly post?: true;
  readonly exitZero?: true;
}

/** `drift`: what differs from the settings, and the issue about it. */
export const driftCommand = mayExitZero(
  command("drift", "says what differs from the settings; keeps an issue about it")
    .requiredOption("--preview <file>", "what `pulumi preview --refresh --json` prints")
    .option("--post", "opens, updates or closes the stack's issue, as GITHUB_TOKEN"),
)
  .addHelpText(
    "after",
    "\n  taskrunner-storage drift --stack prod --preview preview.json --post\n\n" +
      "What the refresh did not look at, as without MongoDB, keeps the issue open, or opens it.\n\n" +
      "Exit status: 0 nothing differs, 2 something does or was not looked at, 1 error.",
  )
  .action(async (options: DriftOptions) => {
    const { stack } = settingsFileOf(options);
    const redact = redactor(secretsIn(process.env));
    const drift = driftIn(textOf(options.preview, "--preview"), redact);
    const { words, issue: due } = driftInWords(stack, drift, runAddress(process.env));
    writeSummary(words, process.env);
    const issue = options.post && (await post(stack, due));
    const where = issue?.url === undefined ? "" : `\n\nIssue ${issue.outcome}: ${issue.url}`;
    print(options, { ...drift, ...(issue && { issue }) }, `${words}${where}`);
    exitWith(due ? 2 : 0, options);
  });

function post(stack: string, due: DriftInWords["issue"]) {
  const { title = "", body } = due ?? {};
  return openOrUpdateIssue({ ...readRepository(process.env), stack, title, body });
}

import {
  driftIn,
  driftInMarkdown,
  openOrUpdateIssue,
  readRepository,
  writeSummary,
} from "../components/review/post";
import { command, exitWith, mayExitZero, print, type CommonOptions } from "./context";
import { settingsFileOf, textOf } from "./files";
import { runAddress } from "./run-address";

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
    "\n  taskrunner-storage drift --stack prod --preview preview.json --post\n\nExit status: 0 nothing differs, 2 something does, 1 error.",
  )
  .action(async (options: DriftOptions) => {
    const { stack } = settingsFileOf(options);
    const differences = driftIn(textOf(options.preview, "--preview"));
    const differs = differences.length > 0;
    const found = driftInMarkdown(stack, differences, runAddress(process.env));
    const body = differs ? found : undefined;
    const words = body ?? `Nothing of stack ${stack} differs from the settings in git.`;
    writeSummary(words, process.env);
    const issue = options.post && (await post(stack, body));
    const where = issue?.url === undefined ? "" : `\n\nIssue ${issue.outcome}: ${issue.url}`;
    print(options, { differences, ...(issue && { issue }) }, `${words}${where}`);
    exitWith(differs ? 2 : 0, options);
  });

function post(stack: string, body: string | undefined) {
  const title = `${stack} differs from the settings in git`;
  return openOrUpdateIssue({ ...readRepository(process.env), stack, title, body });
}

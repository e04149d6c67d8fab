import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readTimeline, timelineAsMarkdown, timelineInWords } from "../components/timeline";
import { command, print, settingsFileOf, type CommonOptions } from "./context";

interface ReportOptions extends CommonOptions {
  readonly markdown?: true;
}

/** `report`: when the last cutover and the last rollback of a stack came how far. */
export const reportCommand = command(
  "report",
  "print when the last cutover and rollback of a stack came how far",
)
  .option("--markdown", "as Markdown with a Mermaid diagram, for the summary of a workflow")
  .addHelpText(
    "after",
    "\nAsks `pulumi stack output`, so that pulumi is on PATH and logged in. `comment --report` takes what\n" +
      "--json prints.\n\nExit status: 0 done, 1 error.",
  )
  .action(async (options: ReportOptions) => {
    const { stack } = settingsFileOf(options);
    const timeline = readTimeline((await outputsOf(stack)).timeline);
    if (timeline === undefined) {
      throw new Error(
        `Stack ${stack} has no output \`timeline\` of this version. Run \`pulumi up\` once; it records the next change of the mode.`,
      );
    }
    const words = options.markdown
      ? timelineAsMarkdown(stack, timeline)
      : timelineInWords(stack, timeline);
    print(options, { stack, ...timeline }, words);
  });

/** @throws Error with what pulumi says if it cannot be asked */
async function outputsOf(stack: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const args = ["stack", "output", "--json", "--non-interactive", "--stack", stack];
    const { stdout } = await promisify(execFile)("pulumi", args, { maxBuffer: 1e8 });
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const { code, stderr = "", message } = error as Error & { code?: string; stderr?: string };
    const why =
      code === "ENOENT"
        ? "pulumi is not on PATH"
        : stderr.trim().replace(/^error: /, "") || message;
    throw new Error(`The outputs of stack ${stack} cannot be read: ${why}.`, { cause: error });
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Option } from "commander";
import { describeTimeline, formatMarkdown, readTimeline } from "../components/timeline";
import { command, print, type CommonOptions } from "./command";
import { stackFileOf } from "./inputs";

interface ReportOptions extends CommonOptions {
  readonly markdown?: true;
}

/** `report`: when the last cutover and the last rollback of a stack came how far. */
export const reportCommand = command("report", {
  group: "Database",
  does: "Print when the last cutover and rollback came how far.",
  options: [new Option("--markdown", "print Markdown with a diagram, for a workflow's summary")],
  examples: [
    "npx taskrunner-storage report --stack dev",
    "npx taskrunner-storage report --stack dev --markdown",
  ],
  notes: [
    "It asks `pulumi stack output`, so that pulumi has to be on PATH and logged in.",
    "`comment --report` takes what --json prints.",
  ],
}).action(async (options: ReportOptions) => {
  const { stack } = await stackFileOf(options);
  const timeline = readTimeline((await outputsOf(stack)).timeline);
  if (timeline === undefined) {
    throw new Error(
      `Stack ${stack} has no output \`timeline\` of this version. Run \`pulumi up\`; the output then records the next cutover or rollback.`,
    );
  }
  const describe = options.markdown ? formatMarkdown : describeTimeline;
  print(options, { stack, ...timeline }, describe(stack, timeline));
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
    throw new Error(
      `The outputs of stack ${stack} cannot be read: ${why}. Check that \`pulumi stack output\` works.`,
      { cause: error },
    );
  }
}

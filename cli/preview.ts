import {
  isError,
  prepareReview,
  readPlan,
  readPreview,
  redactor,
  review,
  reviewText,
  secretsIn,
  type Redact,
} from "../components/review";
import { nothingPlanned, planAsJson } from "../components/migration";
import { ConnectionError } from "../components/mongo";
import { command, lookSeconds, UsageError, type CommonOptions } from "./command";
import { makePlan } from "./database";
import { toJson } from "./json";
import { print, progressPrinter } from "./output";
import { runPulumi } from "./pulumi";

/** `preview`: what the next `pulumi up` would do, from a preview and a plan. */
export const previewCommand = command("preview", {
  group: "Before an update",
  does: "Show what pulumi up would do, on one screen.",
  examples: ["npx taskrunner-storage preview --stack dev"],
  statuses: {
    0: "nothing to do",
    2: "changes to apply",
    3: "pulumi up would stop, as data issues or a warning say",
  },
  connects: { seconds: lookSeconds },
  notes: [
    "It runs pulumi preview and plan, and changes nothing. If MongoDB is unreachable,",
    "its figures are missing. With --json it prints the object of comment --json, and",
    "planned: what each step will do.",
  ],
}).action(async (options: CommonOptions) => {
  const report = progressPrinter(options);
  const redact = redactor(secretsIn(process.env));
  report("Running pulumi preview");
  const preview = await runPreview(options, redact);
  const failed = preview.messages.some(isError);
  const plan = failed ? undefined : await tryToPlan(options, redact, report);
  const input = prepareReview(preview, plan, options.stack ? { stack: options.stack } : {});
  const made = review(input);
  print(options, "preview", { ...made, planned: input.planned }, reviewText(input));
  const status = input.direction === "nothing" ? 0 : 2;
  process.exitCode = failed ? 1 : made.level === "blocked" ? 3 : status;
});

async function runPreview({ stack, settings }: CommonOptions, redact: Redact) {
  const args: string[] = [];
  const file = settings ?? (stack === undefined ? process.env.TASKRUNNER_SETTINGS : "");
  if (stack !== undefined) args.push("--stack", stack);
  if (file) args.push("--config-file", file);
  try {
    return readPreview(await runPulumi(["preview", "--json"], args), redact);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { stdout = "", stderr = "" } = error as Readonly<Record<string, string>>;
    // A preview that fails on the way prints its errors as JSON.
    if (stdout.trim() !== "") return readPreview(stdout, redact);
    const why = redact(stderr.trim() || String(error));
    throw new Error(`pulumi preview failed: ${why}. Fix that, and run this again.`);
  }
}

// Without MongoDB a preview is still worth reading, and has a warning of its own.
async function tryToPlan(options: CommonOptions, redact: Redact, report: (line: string) => void) {
  try {
    const { facts } = await makePlan({ ...options, json: true });
    return readPlan(toJson("plan", facts), redact);
  } catch (error) {
    if (error instanceof ConnectionError) return readPlan(unreached, redact);
    report(`The figures of MongoDB are missing: ${redact((error as Error).message)}`);
    return undefined;
  }
}

const unreached = toJson("plan", {
  reachable: false,
  blocked: false,
  ...planAsJson(nothingPlanned),
});

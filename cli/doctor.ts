import { inspectSettings } from "../components/settings";
import { formatFinding, redact } from "../components/text";
import { command, lookSeconds, UsageError, type CommonOptions } from "./command";
import {
  checkCutover,
  checkMongo,
  checkServices,
  checkState,
  checkTools,
  reach,
  type Check,
  type Seen,
} from "./doctor-checks";
import { settingsSource } from "./inputs";
import { print } from "./output";

/** `doctor`: checks what a machine can see of the runbook's go or no-go list. */
export const doctorCommand = command("doctor", {
  group: "Before an update",
  does: "Check what could stop a cutover, and say what to do.",
  examples: ["npx taskrunner-storage doctor --stack dev || test $? = 2"],
  statuses: { 0: "nothing stops a cutover", 2: "something does" },
  connects: { seconds: lookSeconds },
  notes: [
    "It checks tools, settings, the state directory, both users of MongoDB, the",
    "services and free disk, as far as this machine sees them. It changes nothing.",
    "docs/runbook.md has the rest of the list.",
  ],
}).action(async (options: CommonOptions) => {
  const source = await settingsSource(options);
  if (!source) throw new UsageError("No stack is selected: name one with --stack NAME.");
  const { settings, problem } = await inspectSettings(source);
  const seeSettings = (): Seen => {
    if (problem) throw problem;
    return [`storageMode: ${settings?.storageMode ?? "not set"}`];
  };
  const all = [...checkTools(settings), ["settings", "settings-invalid", seeSettings] as const];
  if (settings) {
    const reached = reach(options, settings);
    all.push(...checkState(settings, reached), ...checkMongo(settings, reached));
    const stack = options.stack ?? "";
    all.push(...checkCutover(settings, stack, reached), ...checkServices(settings, stack));
  }
  const checks = await Promise.all(all.map(see));
  const stops = checks.filter(({ verdict }) => verdict === "stop").length;
  const ending = stops
    ? `No-go: ${stops} of ${checks.length} checks stop a cutover. Nothing was changed.`
    : "Nothing that this machine sees stops a cutover. docs/runbook.md has the rest.";
  const text = [...checks.map(formatCheck), "", ending].join("\n");
  print(options, "doctor", { go: stops === 0, checks }, text);
  if (stops > 0) process.exitCode = 2;
});

async function see([name, code, look]: Check) {
  const seeing = Promise.resolve().then(look);
  const [seen, found = []] = await seeing.catch((error: unknown): Seen => {
    const text = redact(error instanceof Error ? error.message : String(error));
    const isBroken = code === "tool-unfit" && !(error instanceof UsageError);
    const advice = isBroken ? ". Install Pulumi and the project's packages." : "";
    return ["", [{ severity: "stop", code, text: text + advice }]];
  });
  const findings = found.filter(({ severity }) => severity !== "info");
  const isStopped = findings.some(({ severity }) => severity === "stop");
  const verdict = isStopped ? "stop" : findings.length > 0 ? "warn" : "ok";
  return { name, verdict, seen, findings } as const;
}

function formatCheck({ name, seen, findings }: Awaited<ReturnType<typeof see>>): string {
  const line = (word: string, text: string) =>
    `${word.padEnd(6)}${name.padEnd(20)}${text.replaceAll("\n", `\n${" ".repeat(8)}`)}`;
  const lines = findings.map((one) => {
    return line(one.severity, formatFinding({ ...one, severity: "warn" }));
  });
  return lines.join("\n") || line("ok", seen);
}

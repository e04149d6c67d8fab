import { formatCount, formatDuration } from "../text";
import { isError, isStop, type ReviewInput, type ReviewedStep } from "./input";
import { otherWarnings } from "./messages";
import type { Message } from "./read";
import {
  clusterRisks,
  destructions,
  expiry,
  indexRisks,
  losesCutover,
  validatorRisks,
  type Risks,
} from "./risks";
import { ours, type Markdown } from "./safe/markdown";
import { describeAny } from "./words";

/** The level of a verdict: something stops the update, something needs attention, or neither. */
export type Level = "blocked" | "risks" | "clear";

interface Verdict {
  readonly level: Level;
  /** What blocks the update and each risk, the worst first, without the number of warnings. */
  readonly reasons: readonly string[];
  readonly line: string;
  /** The same as a list, with a line for each risk. */
  readonly list: Markdown;
}

const marks: Readonly<Record<Level, string>> = {
  blocked: "⛔ **Blocked",
  risks: "⚠️ **Needs attention",
  clear: "✅ **No risk found",
};

const none =
  "no service restarts, nothing expires, nothing waits, nothing is destroyed or replaced.";

/** Judges a preview: what blocks it, then the risks that a reviewer has to know, the worst first. */
export function judgePreview(input: ReviewInput): Verdict {
  const { direction, steps, messages, plan, touchesSchema, gate } = input;
  const errors = messages.filter(isError).length;
  const issues = touchesSchema ? (plan?.issues.length ?? 0) : 0;
  const stops = messages.filter(isStop).length;
  const others = otherWarnings(input).filter((warning) => !isLiveRelease(warning));
  const blocks = [
    errors > 0 && `the preview failed with ${formatCount(errors, "error")}`,
    plan?.blocked && describeAny(issues, "data issue", ": up stops before its first change"),
    stops > 0 && "up stops before it is done, a warning below says where",
  ];
  const figures = [missingFigures(input), ...rollbackRisks(input)];
  const services = serviceRisks(input);
  const risks = [
    // If the gate opens, the stop of the worker comes first.
    ...(gate === "open" ? [...services, ...figures] : [...figures, ...services]),
    !plan?.blocked && describeAny(issues, "data issue", ": what they block is left out"),
    ...destructions(steps),
    steps.some(losesCutover) && "without `backfill` a rollback exports nothing and holds no run",
    ...clusterRisks(steps),
    ...validatorRisks(steps),
    ...(plan?.reachable && touchesSchema ? indexRisks(plan) : []),
    expiry(input),
  ];
  const found = [...blocks, ...risks].filter((one) => typeof one === "string");
  const counted = describeAny(others.length - stops, "warning");
  const all = counted === undefined ? found : [...found, counted];
  const level = blocks.some(Boolean) ? "blocked" : all.length > 0 ? "risks" : "clear";
  const clear = direction === "nothing" ? "nothing to do." : none;
  const reasons = level === "clear" ? [clear] : found;
  const line = `${marks[level]}:** ${level === "clear" ? clear : all.join(" · ")}`;
  const list = [`${marks[level]}**`, "", ...all.map((one) => `- ${one}`)].join("\n");
  return { level, reasons, line, list: ours(all.length < 2 ? line : list) };
}

// Only a plan has figures of MongoDB.
function missingFigures({ direction, steps, plan }: ReviewInput): string | false {
  const isNeeded = steps.some(({ operation, touches }) => operation !== "delete" && touches);
  const isUnseen = plan ? !plan.reachable && direction !== "rollback" : true;
  const why = plan ? "the plan did not reach it" : "no plan was given";
  return isNeeded && isUnseen && `the figures of MongoDB are missing, because ${why}`;
}

function rollbackRisks(input: ReviewInput): Risks {
  const { direction, plan, messages, isMongoUnreachable, unfinishedRuns } = input;
  if (direction !== "rollback" || !plan) return [];
  if (!plan.leftBehind && !isMongoUnreachable) {
    const why = "the plan is not one of filesystem mode beside the state directory";
    return [!messages.some(isStop) && `what would stay behind was not counted, because ${why}`];
  }
  const resumes = unfinishedRuns === 1 ? " resumes from the files" : " resume from the files";
  const becomes = isMongoUnreachable ? " held" : resumes;
  return [
    isMongoUnreachable && "MongoDB is unreachable, what changed there stays behind",
    describeAny(unfinishedRuns, "unfinished run", becomes),
    describeAny(plan.leftBehind?.conflicts ?? 0, "record", " changed on both sides stay behind"),
  ];
}

function serviceRisks(input: ReviewInput): Risks {
  const { direction, steps, plan, gate } = input;
  const restarting = (["worker", "web"] as const).filter((service) =>
    steps.some((step) => restarts(step, service)),
  );
  const services = restarting.join(" and ");
  const verb = restarting.length === 1 ? "restarts" : "restart";
  const waiting = plan?.state?.unfinished;
  const isCutover = direction === "cutover" && gate !== "closed";
  const changesStorage = isCutover || direction === "rollback";
  return [
    changesStorage ? describeDowntime(input, services) : services !== "" && `${services} ${verb}`,
    isCutover && waiting === undefined && "unfinished runs were not counted",
    isCutover &&
      describeAny(
        waiting ?? 0,
        "unfinished run",
        waiting === 1 ? " waits meanwhile" : " wait meanwhile",
      ),
    describeReleaseChanges(input),
  ];
}

function restarts(step: ReviewedStep, service: "worker" | "web"): boolean {
  const { part, className, operation, variables, others } = step;
  // A release of both services belongs to neither.
  const isOfService = part === service || (part === "access" && className === "Release");
  if (!isOfService || operation === "delete") return false;
  if (className === "ValuesFile") return variables.length + others.length > 0;
  return className === "Release" && operation !== "create";
}

function describeDowntime(
  { direction, steps, stoppedSeconds }: ReviewInput,
  services: string,
): string {
  const to = direction === "rollback" ? "files" : "MongoDB";
  if (!steps.some(({ className, willRun }) => className === "Drain" && willRun))
    return `${services || "the stack"} will work on ${to}, and no step drains the worker`;
  const last =
    stoppedSeconds === undefined
      ? ", for how long is not measured yet"
      : ` (last time ${formatDuration(stoppedSeconds * 1_000)})`;
  return `the worker stops until it works on ${to}${last}`;
}

function describeReleaseChanges({ steps, messages }: ReviewInput): string | undefined {
  const changed = steps.filter(
    ({ className, operation, old, others }) =>
      className === "Release" && operation !== "delete" && old && others.length > 0,
  );
  const { size } = new Set([...changed, ...messages.filter(isLiveRelease)].map(({ urn }) => urn));
  return describeAny(size, "release", " would change more than the storage variables");
}

// A release whose live values `pulumi up` would change.
const isLiveRelease = ({ code }: Message) => code === "live-values";

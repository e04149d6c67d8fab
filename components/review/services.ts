import { formatDuration } from "../text";
import { isStop, type ReviewInput, type ReviewedStep } from "./input";
import type { Message } from "./read";
import type { Risks } from "./risks";
import { describeAny } from "./words";

/** Whether a warning names a release whose live values `pulumi up` would change. */
export const isLiveRelease = ({ code }: Message): boolean => code === "live-values";

const beyondVariables = " would change more than the storage variables";

/** What is unusual in what happens to the services and their runs. */
export function serviceAnomalies(input: ReviewInput): Risks {
  const { direction, plan, changesStorage, stoppedBy } = input;
  const isUncounted = direction === "cutover" && plan?.state?.unfinished === undefined;
  return [
    changesStorage && stoppedBy === "person" && describeManualStop(input),
    ...rollbackAnomalies(input),
    changesStorage && isUncounted && "unfinished runs were not counted",
    describeAny(findReleases(input).unexpected, "release", beyondVariables),
  ];
}

function describeManualStop({ steps, direction, cutover }: ReviewInput): string {
  const stop = steps.find(({ className, willRun }) => className === "WorkerStopped" && willRun);
  const setting = `\`rollout.workerStopped: ${cutover}\``;
  if (!stop || direction === "rollback")
    return "the stack does not stop the worker. Stop it yourself before `up`, or what it executes meanwhile is lost";
  if (stop.new?.stoppedFor === cutover)
    return `the stack does not stop the worker. Make sure that it is stopped, as ${setting} says: \`up\` does not wait`;
  return `the stack does not stop the worker. Stop it yourself; \`up\` waits until ${setting} is set`;
}

function rollbackAnomalies(input: ReviewInput): Risks {
  const { direction, plan, messages, isMongoUnreachable, unfinishedRuns } = input;
  if (direction !== "rollback" || !plan) return [];
  if (!plan.leftBehind && !isMongoUnreachable) {
    const why = "the plan is not one of filesystem mode beside the state directory";
    return [!messages.some(isStop) && `what would stay behind was not counted, because ${why}`];
  }
  return [
    isMongoUnreachable && "MongoDB is unreachable, what changed there stays behind",
    isMongoUnreachable && describeAny(unfinishedRuns, "unfinished run", " held"),
    describeAny(plan.leftBehind?.conflicts ?? 0, "record", " changed on both sides stay behind"),
  ];
}

// A release changes more than the stack's variables: by the pull request, or because its live values are others.
function findReleases({ steps, messages, changesStorage }: ReviewInput) {
  const changed = steps.filter(
    ({ className, operation, old, others }) =>
      className === "Release" && operation !== "delete" && old && others.length > 0,
  );
  const live = new Set(messages.filter(isLiveRelease).map(({ urn }) => urn));
  const others = changed.filter(({ urn }) => !live.has(urn)).length;
  return changesStorage
    ? { unexpected: live.size + others, expected: 0 }
    : { unexpected: live.size, expected: others };
}

/** What the services and their runs have to do for the change. */
export function serviceCosts(input: ReviewInput): Risks {
  const { direction, steps, plan, changesStorage, stoppedBy } = input;
  const { isMongoUnreachable, unfinishedRuns } = input;
  const restarting = ["worker", "web"].filter((name) => steps.some((step) => restarts(step, name)));
  const verb = restarting.length === 1 ? "restarts" : "restart";
  if (!changesStorage)
    return [
      restarting.length > 0 && `${restarting.join(" and ")} ${verb}`,
      describeAny(findReleases(input).expected, "release", beyondVariables),
    ];
  const isCutover = direction === "cutover";
  const runs = (isCutover ? plan?.state?.unfinished : plan && unfinishedRuns) ?? 0;
  const s = runs === 1 ? "s" : "";
  return [
    stoppedBy === "stack" && describeStop(input),
    !isMongoUnreachable &&
      describeAny(
        runs,
        "unfinished run",
        isCutover ? ` wait${s} meanwhile` : ` resume${s} from the files`,
      ),
  ];
}

function restarts(step: ReviewedStep, service: string): boolean {
  const { part, className, operation, variables, others } = step;
  // A release of both services belongs to neither.
  const isOfService = part === service || (part === "access" && className === "Release");
  if (!isOfService || operation === "delete") return false;
  if (className === "ValuesFile") return variables.length + others.length > 0;
  return className === "Release" && operation !== "create";
}

function describeStop({ direction, stoppedSeconds }: ReviewInput): string {
  const [to, pass] = direction === "rollback" ? ["files", "export"] : ["MongoDB", "import"];
  const stop = `the worker stops until it works on ${to}`;
  return stoppedSeconds === undefined
    ? `${stop}. It takes as long as the start of its new pods, after a short ${pass}. This stack has not measured it yet (output \`rollout.stoppedSeconds\`)`
    : `${stop}: about ${formatDuration(stoppedSeconds * 1_000)}, as the last time`;
}

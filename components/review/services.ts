import { differencesOf, splitDifferences } from "./differences";
import type { Message, PreviewStep } from "./read/preview";
import { isRun, type Situation } from "./situation";
import { cutoverStepOf, isType } from "./steps";
import { describeAny, duration } from "./words";

/** What happens to worker and web: what stops, waits, restarts or changes with them. */
export function serviceRisks(situation: Situation): (string | false | undefined)[] {
  const { direction, preview, plan } = situation;
  const restarting = (["worker", "web"] as const).filter((service) =>
    preview.steps.some((step) => restarts(step, service)),
  );
  const services = restarting.join(" and ");
  const isAsked = preview.steps.some(
    (step) =>
      isType(step, "WorkerStopped") && isRun(step) && step.new?.stoppedFor !== step.new?.cutover,
  );
  const isCutover = direction === "cutover";
  const isWatched = preview.steps.some(
    (step) => cutoverStepOf(step) === "web" && isType(step, "PodsReplaced"),
  );
  const waiting = plan?.state?.unfinished;
  const isTurn = isCutover || direction === "rollback";
  return [
    isTurn && describeStop(situation, services),
    !isTurn && services !== "" && `${services} ${restarting.length === 1 ? "restarts" : "restart"}`,
    isTurn && restarting.includes("web") && isWatched && "web stays up while its pods are replaced",
    isCutover && waiting === undefined && "unfinished runs were not counted",
    isCutover && describeAny(waiting ?? 0, "unfinished run", " wait meanwhile"),
    isCutover && isAsked && "up stops until the worker is stopped by hand",
    describeReleaseChanges(situation),
  ];
}

function restarts(step: PreviewStep, service: "worker" | "web"): boolean {
  const { operation } = step;
  const kind = cutoverStepOf(step);
  // A release that holds both services is neither's.
  const isOfService = kind === service || (kind === "access" && isType(step, "Release"));
  if (!isOfService || operation === "delete") return false;
  if (isType(step, "ValuesFile")) return differencesOf(step).length > 0;
  return isType(step, "Release") && operation !== "create";
}

function describeStop({ direction, preview }: Situation, services: string): string {
  const to = direction === "rollback" ? "files" : "MongoDB";
  const { steps, stoppedSeconds } = preview;
  if (!steps.some((step) => isType(step, "Drain") && isRun(step)))
    return `${services || "the stack"} will work on ${to}, and no step drains the worker`;
  // In the stack's last change of mode, in whichever direction.
  const last =
    stoppedSeconds === undefined
      ? ", for how long is not measured yet"
      : ` (last time ${duration(stoppedSeconds * 1_000)})`;
  return `the worker stops until it works on ${to}${last}`;
}

function describeReleaseChanges({ preview }: Situation): string | undefined {
  const changed = preview.steps.filter(
    (step) =>
      isType(step, "Release") &&
      ["change", "replace", "import"].includes(step.operation) &&
      step.old &&
      splitDifferences(step).others.length > 0,
  );
  const live = preview.messages.filter(isLiveRelease);
  const { size } = new Set([...changed, ...live].map(({ urn }) => urn));
  return describeAny(size, "release", " would change more than the storage variables");
}

/** Whether a warning names live values of a release that `pulumi up` would change. */
export const isLiveRelease = ({ code }: Message) => code === "live-values";

import { differencesOf, splitDifferences } from "./differences";
import type { Message, Step } from "./read/preview";
import { isRun, type Situation } from "./situation";
import { cutoverStepOf, shortType } from "./steps";
import { describeAny, duration, formatCount } from "./words";

/**
 * What the services and their runs go through, in words of ours; nothing if no service restarts. A change
 * of the storage mode always has some.
 */
export function serviceConsequences(situation: Situation): string[] {
  const { direction, preview } = situation;
  const restarting = (["worker", "web"] as const).filter((service) =>
    preview.steps.some((step) => restarts(step, service)),
  );
  const services = restarting.join(" and ");
  const asked = preview.steps.filter((step) => isType(step, "Confirmation") && isRun(step)).length;
  const waits =
    asked > 0 ? [`up stops ${formatCount(asked, "time")} until you confirm a step`] : [];
  if (direction === "change") {
    const verb = restarting.length === 1 ? "restarts" : "restart";
    return [...(services === "" ? [] : [`${services} ${verb}`]), ...waits];
  }
  if (direction === "nothing") return [];
  const isWatched = preview.steps.some(
    (step) => cutoverStepOf(step) === "web" && isType(step, "PodsReplaced"),
  );
  return [
    describeStop(situation, services),
    ...(restarting.includes("web") && isWatched
      ? ["web stays up while its pods are replaced"]
      : []),
    ...(direction === "cutover" ? describeWaitingRuns(situation.plan?.state?.unfinished) : []),
    ...waits,
  ];
}

/** Whether the step gives a service other pods. */
function restarts(step: Step, service: "worker" | "web"): boolean {
  const { operation } = step;
  const kind = cutoverStepOf(step);
  // A release that holds both services is neither's.
  const isOfService = kind === service || (kind === "access" && isType(step, "Release"));
  if (!isOfService || operation === "delete") return false;
  if (isType(step, "ValuesFile")) return differencesOf(step).length > 0;
  return isType(step, "Release") && operation !== "create";
}

/** @param name the last part of a resource's type */
function isType({ type }: Step, name: string): boolean {
  return shortType(type).split(":").at(-1) === name;
}

/** @param services those that restart, in words */
function describeStop({ direction, preview }: Situation, services: string): string {
  const to = direction === "rollback" ? "files" : "MongoDB";
  const { steps, stoppedSeconds } = preview;
  if (!steps.some((step) => cutoverStepOf(step) === "drain" && isRun(step)))
    return `${services || "the stack"} will work on ${to}, and no step drains the worker`;
  // In the stack's last change of mode, in whichever direction.
  const last =
    stoppedSeconds === undefined
      ? ", for how long is not measured yet"
      : ` (last time ${duration(stoppedSeconds * 1_000)})`;
  return `the worker stops until it works on ${to}${last}`;
}

function describeWaitingRuns(unfinished: number | undefined): string[] {
  if (unfinished === undefined) return ["unfinished runs were not counted"];
  return unfinished > 0 ? [`${formatCount(unfinished, "unfinished run")} wait meanwhile`] : [];
}

/** What becomes of unfinished runs in a rollback; undefined if there are none. */
export function runsOfRollback({ preview, plan }: Situation): string | undefined {
  const { exported, unfinished = 0 } = plan?.leftBehind ?? {};
  if (unfinished === 0) return undefined;
  const runs = formatCount(unfinished, "unfinished run");
  if (exported) return `${runs} resume from the files`;
  const isReleased = preview.steps.some((step) => isRun(step) && step.new?.heldRuns === "release");
  return isReleased ? `${runs} may repeat steps` : `${runs} held`;
}

/** Releases whose upgrade changes more than the variables of this stack, as far as the inputs tell. */
export function describeReleaseChanges({ preview }: Situation): string | undefined {
  const changed = preview.steps.filter(
    (step) =>
      isType(step, "Release") &&
      ["change", "replace"].includes(step.operation) &&
      splitDifferences(step).others.length > 0,
  );
  const live = preview.messages.filter(isLiveRelease);
  const { size } = new Set([...changed, ...live].map(({ urn }) => urn));
  return describeAny(size, "release", " would change more than the storage variables");
}

/** What a preview says of a release whose live values are not what would be applied (`rollout/helm`). */
export function isLiveRelease({ severity, text }: Message): boolean {
  return severity === "warning" && /^The live release \S+ has other values than/.test(text);
}

import { differencesOf, splitDifferences } from "./differences";
import { isError, otherWarnings, stopWarnings } from "./messages";
import type { Message, Step } from "./read/preview";
import { ours, type Markdown } from "./safe/markdown";
import { dataIssueCount, drift, indexRisks, describeUnseenData, validatorRisks } from "./schema";
import { isRun, stopsOnDataIssues, type Situation } from "./situation";
import { losesFence } from "./lines";
import { cutoverStepOf, isOurs, shortType } from "./steps";
import { describeAny, duration, formatCount } from "./words";

/** How a reviewer should take it: something stops it, something is to be looked at, or neither. */
export type Level = "blocked" | "risks" | "clear";

/** A preview's risks in words of ours, the worst first. */
interface Verdict {
  readonly level: Level;
  readonly blocks: readonly string[];
  readonly risks: readonly string[];
}

/** What a reviewer has to know before saying yes. */
export function verdictOf(situation: Situation): Verdict {
  const { preview } = situation;
  const errors = preview.messages.filter(isError).length;
  const issues = dataIssueCount(situation);
  const isStopped = stopsOnDataIssues(situation);
  const stops = stopWarnings(situation).length;
  const others = otherWarnings(situation).filter((warning) => !isLiveRelease(warning));
  const blocks = [
    errors > 0 && `the preview failed with ${formatCount(errors, "error")}`,
    isStopped && describeAny(issues, "data issue", ": up stops before its first change"),
    stops > 0 && "up stops before it is done, a warning below says where",
  ].filter(isSaid);
  const risks = [
    ...rollbackRisks(situation),
    ...serviceConsequences(situation),
    describeReleaseChanges(situation),
    !isStopped && describeAny(issues, "data issue", ": what they block is left out"),
    describeUnseenData(situation),
    ...destructions(situation),
    preview.steps.some(losesFence) &&
      "without `backfill` a rollback exports nothing and holds no run",
    ...clusterRisks(preview.steps),
    ...validatorRisks(situation),
    ...indexRisks(situation),
    drift(situation),
    expiry(situation),
    describeAny(others.length - stops, "warning", ""),
  ].filter(isSaid);
  const level = blocks.length > 0 ? "blocked" : risks.length > 0 ? "risks" : "clear";
  return { level, blocks, risks };
}

const isSaid = (words: string | false | undefined) => words !== false && words !== undefined;

const marks: Readonly<Record<Level, string>> = {
  blocked: "⛔ **Blocked**",
  risks: "⚠️ **Needs attention**",
  clear: "✅ **No risk found**",
};

/** What a check mark promises; of a change that there is none of, that there is nothing to do. */
const none =
  "no service restarts, nothing expires, nothing waits, nothing is destroyed or replaced";

/** The verdict as one line of ours. */
export function describeVerdict({ direction }: Situation, verdict: Verdict): string {
  const { level, blocks, risks } = verdict;
  if (level === "clear" && direction === "nothing") return "✅ Nothing to do.";
  const words = level === "clear" ? `${none}.` : [...blocks, ...risks].join(" · ");
  return `${marks[level].replace(/\*\*$/, ":**")} ${words}`;
}

/** The verdict as a person reads it: a line for each thing. */
export function verdictAsList(situation: Situation, verdict: Verdict): Markdown {
  const { level, blocks, risks } = verdict;
  const all = [...blocks, ...risks];
  if (all.length < 2) return ours(describeVerdict(situation, verdict));
  return ours([marks[level], "", ...all.map((one) => `- ${one}`)].join("\n"));
}

function destructions({ preview }: Situation): (string | undefined)[] {
  const deleted = preview.steps.filter(({ operation }) => operation === "delete");
  const left = deleted.filter((step) => isOurs(step) || step.retained).length;
  const replaced = preview.steps.filter(({ operation }) => operation === "replace").length;
  return [
    describeAny(deleted.length - left, "resource", " destroyed"),
    describeAny(replaced, "resource", " replaced"),
    describeAny(left, "resource", " no longer managed"),
  ];
}

function clusterRisks(steps: readonly Step[]): (string | false | undefined)[] {
  const changed = steps.filter(
    (step) =>
      ["change", "import"].includes(step.operation) &&
      cutoverStepOf(step) === "cluster" &&
      differencesOf(step).length > 0,
  );
  // The settings that keep it, and its backups, from being lost.
  const protection = /protection|backup|pitEnabled|retain/i;
  const off = changed
    .flatMap(differencesOf)
    .filter(
      ({ path, before, after }) => before === "true" && after !== "true" && protection.test(path),
    );
  return [
    describeAny(off.length, "protection", " of MongoDB turned off"),
    changed.length > 0 && "MongoDB itself changes, its members may restart",
  ];
}

function rollbackRisks(situation: Situation): (string | false | undefined)[] {
  const { direction, plan } = situation;
  if (direction !== "rollback") return [];
  if (!plan?.leftBehind) {
    if (stopWarnings(situation).length > 0) return [];
    const ofPlan = plan?.state
      ? "the plan is not one of filesystem mode"
      : "the plan found no state folder where it was made";
    const why = plan ? ofPlan : "no plan was given";
    return [`what would stay behind was not counted, because ${why}`];
  }
  const { exported, conflicts } = plan.leftBehind;
  return [
    !exported && "MongoDB is unreachable, what changed there stays behind",
    runsOfRollback(situation),
    describeAny(conflicts, "record", " changed on both sides stay behind"),
  ];
}

function expiry({ preview, plan }: Situation): string | undefined {
  const retention = preview.steps.find((step) => cutoverStepOf(step) === "retention");
  const [before, after] = [Number(retention?.old?.days ?? 0), Number(retention?.new?.days ?? 0)];
  if (after === 0 || (after === before && retention?.outputs.applied !== false)) return undefined;
  const { entries, isMore } = plan?.expiring ?? {};
  const many = formatCount(entries ?? 0, "entry", "entries");
  const now = `${isMore ? "more than " : ""}${many} of MongoDB now`;
  const found = entries === undefined ? "how many was not counted" : now;
  return `log entries older than ${formatCount(after, "day")} will be deleted: ${found}`;
}

function serviceConsequences(situation: Situation): string[] {
  const { direction, preview } = situation;
  const restarting = (["worker", "web"] as const).filter((service) =>
    preview.steps.some((step) => restarts(step, service)),
  );
  const services = restarting.join(" and ");
  const isAsked = preview.steps.some(
    (step) =>
      isType(step, "WorkerStopped") && isRun(step) && step.new?.stoppedFor !== step.new?.cutover,
  );
  const waits =
    isAsked && direction === "cutover" ? ["up stops until the worker is stopped by hand"] : [];
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

function restarts(step: Step, service: "worker" | "web"): boolean {
  const { operation } = step;
  const kind = cutoverStepOf(step);
  // A release that holds both services is neither's.
  const isOfService = kind === service || (kind === "access" && isType(step, "Release"));
  if (!isOfService || operation === "delete") return false;
  if (isType(step, "ValuesFile")) return differencesOf(step).length > 0;
  return isType(step, "Release") && operation !== "create";
}

function isType({ type }: Step, name: string): boolean {
  return shortType(type).split(":").at(-1) === name;
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

function describeWaitingRuns(unfinished: number | undefined): string[] {
  if (unfinished === undefined) return ["unfinished runs were not counted"];
  return unfinished > 0 ? [`${formatCount(unfinished, "unfinished run")} wait meanwhile`] : [];
}

function runsOfRollback({ preview, plan }: Situation): string | undefined {
  const { exported, unfinished = 0 } = plan?.leftBehind ?? {};
  if (unfinished === 0) return undefined;
  const runs = formatCount(unfinished, "unfinished run");
  if (exported) return `${runs} resume from the files`;
  const isReleased = preview.steps.some((step) => isRun(step) && step.new?.heldRuns === "release");
  return isReleased ? `${runs} may repeat steps` : `${runs} held`;
}

function describeReleaseChanges({ preview }: Situation): string | undefined {
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

const isLiveRelease = ({ code }: Message) => code === "live-values";

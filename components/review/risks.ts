import { differencesOf } from "./differences";
import { otherWarnings, stopWarnings } from "./messages";
import type { Step } from "./read/preview";
import { dataIssueCount, drift, indexRisks, unseenData } from "./schema-risks";
import { isRun, stopsOnDataIssues, type Situation } from "./situation";
import { losesFence } from "./state-lines";
import { cutoverStepOf, isOurs } from "./steps";
import { counted } from "./words";

/** How a reviewer should take it: something stops it, something is to be looked at, or neither. */
export type Level = "blocked" | "risks" | "clear";

/** A preview's risks in words of ours, the worst first. */
export interface Verdict {
  readonly level: Level;
  readonly blocks: readonly string[];
  readonly risks: readonly string[];
}

/** What a reviewer has to know before saying yes. */
export function verdictOf(situation: Situation): Verdict {
  const { preview } = situation;
  const errors = preview.messages.filter(({ severity }) => severity === "error").length;
  const issues = dataIssueCount(situation);
  const documents = issues > 0 ? counted(issues, "data issue") : undefined;
  const stops = stopWarnings(situation).length;
  const warnings = otherWarnings(situation).length - stops;
  const isStopped = stopsOnDataIssues(situation);
  const blocks = present([
    errors > 0 && `the preview failed with ${counted(errors, "error")}`,
    isStopped && documents && `${documents}: up stops before its first change`,
    stops > 0 && "up stops before it is done, a warning below says where",
  ]);
  const risks = present([
    !isStopped && documents && `${documents}: what they block is left out`,
    unseenData(situation),
    ...destructions(situation),
    preview.steps.some(losesFence) &&
      "without `backfill` a rollback exports nothing and holds no run",
    ...clusterRisks(preview.steps),
    ...indexRisks(situation),
    drift(situation),
    ...rollbackRisks(situation),
    expiry(preview.steps),
    warnings > 0 && counted(warnings, "warning"),
  ]);
  return {
    level: blocks.length > 0 ? "blocked" : risks.length > 0 ? "risks" : "clear",
    blocks,
    risks,
  };
}

/** The verdict as one line of ours. */
export function verdictInWords(
  { direction, plan }: Situation,
  { level, blocks, risks }: Verdict,
): string {
  if (level === "blocked") return `⛔ **Not yet:** ${[...blocks, ...risks].join(" · ")}`;
  if (level === "risks") return `⚠️ **Look first:** ${risks.join(" · ")}`;
  if (direction === "nothing") return "✅ Nothing to do.";
  if (direction === "rollback") {
    return plan?.leftBehind
      ? "✅ **No risk found:** nothing stays behind."
      : `✅ **No risk found;** what would stay behind was not counted, because ${uncounted(plan)}.`;
  }
  return "✅ **No risk found:** nothing is destroyed or replaced, no writer waits, no document blocks the migration.";
}

function uncounted(plan: Situation["plan"]): string {
  if (!plan) return "no plan was given";
  return plan.state
    ? "the plan is not one of filesystem mode"
    : "the plan found no state folder where it was made";
}

const present = (words: readonly (string | false | undefined)[]) =>
  words.filter((word) => word !== false && word !== undefined);

function destructions({ preview }: Situation): (string | undefined)[] {
  const isDestroyed = (step: Step) =>
    step.operation === "delete" && !isOurs(step) && !step.retained;
  const destroyed = preview.steps.filter(isDestroyed).length;
  const replaced = preview.steps.filter(({ operation }) => operation === "replace").length;
  const left = preview.steps.filter((step) => step.operation === "delete" && !isDestroyed(step));
  return [
    destroyed > 0 ? `${counted(destroyed, "resource")} destroyed` : undefined,
    replaced > 0 ? `${counted(replaced, "resource")} replaced` : undefined,
    left.length > 0 ? `${counted(left.length, "resource")} no longer managed` : undefined,
  ];
}

/** The settings of a cluster that keep it, and its backups, from being lost. */
const protection = /protection|backup|pitEnabled|retain/i;

function clusterRisks(steps: readonly Step[]): (string | undefined)[] {
  const changed = steps.filter(
    (step) => step.operation === "change" && cutoverStepOf(step) === "cluster",
  );
  const off = changed.flatMap(differencesOf).filter(({ path, before, after }) => {
    return protection.test(path) && before === "true" && after !== "true";
  });
  return [
    off.length > 0 ? `${counted(off.length, "protection")} of MongoDB turned off` : undefined,
    changed.length > 0 ? "MongoDB itself changes, its members may restart" : undefined,
  ];
}

function rollbackRisks({ direction, preview, plan }: Situation): (string | undefined)[] {
  if (direction !== "rollback" || !plan?.leftBehind) return [];
  const { exported, conflicts, unfinished } = plan.leftBehind;
  const isReleased = preview.steps.some((step) => isRun(step) && step.new?.heldRuns === "release");
  const runs = counted(unfinished, "unfinished run");
  return [
    exported ? undefined : "MongoDB is unreachable, what changed there stays behind",
    unfinished > 0 ? (isReleased ? `${runs} may repeat steps` : `${runs} held`) : undefined,
    conflicts > 0 ? `${counted(conflicts, "record")} changed on both sides stay behind` : undefined,
  ];
}

function expiry(steps: readonly Step[]): string | undefined {
  const retention = steps.find((step) => cutoverStepOf(step) === "retention");
  const [before, after] = [Number(retention?.old?.days ?? 0), Number(retention?.new?.days ?? 0)];
  if (after === 0 || (after === before && retention?.outputs.applied !== false)) return undefined;
  return `log entries older than ${counted(after, "day")} will be deleted`;
}

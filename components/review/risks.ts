import { differencesOf } from "./differences";
import { isError, otherWarnings, stopWarnings } from "./messages";
import type { PlanFacts } from "./read/facts";
import type { Properties, PreviewStep } from "./read/preview";
import { ours, type Markdown } from "./safe/markdown";
import { isLiveRelease, serviceRisks } from "./services";
import { isMadeNow, isRun, touchesSchema, type Situation } from "./situation";
import { cutoverStepOf, dataSteps, isOurs, isType, schemaSteps } from "./steps";
import { countEach, describeAny, formatCount } from "./words";

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
  const { preview, plan } = situation;
  const { steps } = preview;
  const errors = preview.messages.filter(isError).length;
  const issues = touchesSchema(situation) ? (plan?.issues.length ?? 0) : 0;
  const stops = stopWarnings(situation).length;
  const others = otherWarnings(situation).filter((warning) => !isLiveRelease(warning));
  const blocks = [
    errors > 0 && `the preview failed with ${formatCount(errors, "error")}`,
    plan?.blocked && describeAny(issues, "data issue", ": up stops before its first change"),
    stops > 0 && "up stops before it is done, a warning below says where",
  ].filter(isSaid);
  const risks = [
    describeMissing(situation),
    ...rollbackRisks(situation),
    ...serviceRisks(situation),
    !plan?.blocked && describeAny(issues, "data issue", ": what they block is left out"),
    ...destructions(steps),
    steps.some(losesFence) && "without `backfill` a rollback exports nothing and holds no run",
    ...clusterRisks(steps),
    ...validatorRisks(steps),
    ...(plan?.reachable ? planRisks(situation, plan) : []),
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
  const clear = direction === "nothing" ? "nothing to do." : `${none}.`;
  const words = level === "clear" ? clear : [...blocks, ...risks].join(" · ");
  return `${marks[level].replace(/\*\*$/, ":**")} ${words}`;
}

/** The verdict as a person reads it: a line for each thing. */
export function verdictAsList(situation: Situation, verdict: Verdict): Markdown {
  const { level, blocks, risks } = verdict;
  const all = [...blocks, ...risks];
  if (all.length < 2) return ours(describeVerdict(situation, verdict));
  return ours([marks[level], "", ...all.map((one) => `- ${one}`)].join("\n"));
}

/** That MongoDB's figures are missing, if anything depends on them: they come only from a plan. */
function describeMissing({ direction, preview, plan }: Situation): string | undefined {
  const kinds = [...schemaSteps, ...dataSteps];
  const isNeeded = preview.steps.some(
    (step) => step.operation !== "delete" && kinds.includes(cutoverStepOf(step)),
  );
  const isUnseen = plan ? !plan.reachable && direction !== "rollback" : true;
  if (!isNeeded || !isUnseen) return undefined;
  const why = plan ? "the plan did not reach it" : "no plan was given";
  return `the figures of MongoDB are missing, because ${why}`;
}

/** Whether the stack forgets the fence while MongoDB is the source of truth. */
function losesFence({ operation, old, outputs }: PreviewStep): boolean {
  return operation === "delete" && outputs.fence !== undefined && old?.direction === "forward";
}

function destructions(steps: readonly PreviewStep[]): (string | undefined)[] {
  const deleted = steps.filter(({ operation }) => operation === "delete");
  const left = deleted.filter((step) => isOurs(step) || step.retained).length;
  const replaced = steps.filter(({ operation }) => operation === "replace").length;
  return [
    describeAny(deleted.length - left, "resource", " destroyed"),
    describeAny(replaced, "resource", " replaced"),
    describeAny(left, "resource", " no longer managed"),
  ];
}

function clusterRisks(steps: readonly PreviewStep[]): (string | false | undefined)[] {
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

const isOfValidator = ({ path }: { readonly path: string }) => path.startsWith("validat");

/** Validators that are missing, looser or other than they were: what is written depends on them. */
function validatorRisks(steps: readonly PreviewStep[]): (string | undefined)[] {
  const isOff = ({ validator, validationLevel }: Properties = {}) =>
    Object.keys(validator ?? {}).length === 0 || validationLevel === "off";
  const isLooser = ({ old, new: wanted }: PreviewStep) =>
    isOff(wanted) ||
    (old?.validationLevel === "strict" && wanted?.validationLevel !== "strict") ||
    (old?.validationAction === "error" && wanted?.validationAction !== "error");
  const changed = steps.filter((step) => {
    const isChanged = step.operation === "change" && !isMadeNow(step);
    return isChanged && isType(step, "Collection") && differencesOf(step).some(isOfValidator);
  });
  const kindOf = (step: PreviewStep): string => {
    if (isOff(step.old)) return isOff(step.new) ? "none" : "lost";
    return isLooser(step) ? "loosened" : "changed";
  };
  const kinds = countEach(changed.map(kindOf));
  const words = {
    lost: "lost: what was written since was not checked",
    loosened: "loosened: broken documents come in unseen",
    changed: "changed: a write that breaks it fails",
  };
  return Object.entries(words).map(([kind, rest]) =>
    describeAny(kinds.get(kind) ?? 0, "validator", ` ${rest}`),
  );
}

/** What the plan found out about indexes, and what differs in MongoDB while no step is about it. */
function planRisks(
  situation: Situation,
  { changes, documents }: PlanFacts,
): (string | undefined)[] {
  if (!touchesSchema(situation)) {
    const kinds = ["record ledger", "adopt index", "await index"];
    const count = changes.filter(({ kind }) => !kinds.includes(kind)).length;
    const rest = " in MongoDB that up leaves, unless with --refresh";
    return situation.direction === "rollback" ? [] : [describeAny(count, "difference", rest)];
  }
  const changesOf = (kind: string) => changes.filter((one) => one.kind === kind);
  const rebuilt = changesOf("replace index");
  const sizes = [...changesOf("create index"), ...rebuilt]
    .map(({ collection = "" }) => documents[collection] ?? 0)
    .filter(Boolean);
  const blocking = changes.filter(({ blocksWrites }) => blocksWrites).length;
  const largest = formatCount(Math.max(0, ...sizes), "document");
  return [
    describeAny(sizes.length, "index", ` built over up to ${largest}`),
    blocking > 0 ? `writers wait for ${formatCount(blocking, "index build")}` : undefined,
    describeAny(rebuilt.length, "index", " built anew"),
  ];
}

function rollbackRisks(situation: Situation): (string | false | undefined)[] {
  const { direction, plan, preview } = situation;
  if (direction !== "rollback" || !plan) return [];
  if (!plan.leftBehind) {
    if (stopWarnings(situation).length > 0) return [];
    const why = plan.state
      ? "the plan is not one of filesystem mode"
      : "the plan found no state folder where it was made";
    return [`what would stay behind was not counted, because ${why}`];
  }
  const { exported, conflicts, unfinished } = plan.leftBehind;
  const isReleased = preview.steps.some((step) => isRun(step) && step.new?.heldRuns === "release");
  const without = isReleased ? " may repeat steps" : " held";
  return [
    !exported && "MongoDB is unreachable, what changed there stays behind",
    describeAny(unfinished, "unfinished run", exported ? " resume from the files" : without),
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

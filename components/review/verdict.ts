import { formatCount } from "../text";
import { databaseChanges, describeOtherPlan, otherCollections } from "./databases";
import { isError, isStop, unreadableRuns, type ReviewedDirection, type ReviewInput } from "./input";
import { otherWarnings } from "./messages";
import {
  changesCluster,
  destructions,
  expiry,
  indexCosts,
  losesCutover,
  turnedOff,
  validatorRisks,
  waitingWriters,
  type Risks,
} from "./risks";
import { ours, type Markdown } from "./safe/markdown";
import { isLiveRelease, serviceAnomalies, serviceCosts } from "./services";
import { describeAny } from "./words";

/** Whether something stops the update, a person has to decide on a cost or an anomaly, or neither. */
export type Level = "blocked" | "risks" | "clear";

/** Reasons of a kind, or warnings; at least one. */
interface Section {
  /** One character before the title, or none. */
  readonly mark: string;
  readonly title: string;
  readonly reasons: readonly string[];
  /** The number of warnings, which have a section of their own. */
  readonly warnings?: string | undefined;
}

interface Verdict {
  readonly level: Level;
  /** What blocks the update, what to look into, and what it costs; of each the worst first. At least one. */
  readonly sections: readonly Section[];
}

const nothing = "nothing is destroyed or replaced";

/** Judges a preview: what blocks it, then anomalies, then the costs of what was asked for. */
export function judgePreview(input: ReviewInput): Verdict {
  const blocks = findBlocks(input).filter(Boolean);
  const anomalies = findAnomalies(input).filter(Boolean);
  const others = otherWarnings(input).filter((one) => !isStop(one) && !isLiveRelease(one));
  const warnings = describeAny(others.length, "warning");
  const costs = findCosts(input).filter(Boolean);
  const isQuiet = blocks.length + anomalies.length + others.length === 0;
  const isClear = isQuiet && costs.length === 0;
  const clear =
    input.direction === "nothing"
      ? "nothing to do"
      : `no service restarts, nothing expires, nothing waits, ${nothing}`;
  const isLookedAt = input.touchesSchema && input.plan?.reachable;
  const quiet = `no warning, ${isLookedAt ? "no data issue, " : ""}nothing expires, ${nothing}`;
  const sections = [
    { mark: "⛔ ", title: "Blocked", reasons: blocks },
    { mark: "⚠️ ", title: "Look into this", reasons: anomalies, warnings },
    { mark: "✅ ", title: "No risk found", reasons: isClear ? [clear] : [] },
    { mark: "✅ ", title: "Nothing to look into", reasons: isQuiet && !isClear ? [quiet] : [] },
    { mark: "", title: "You decide", reasons: costs },
  ] as readonly Section[];
  return {
    level: blocks.length > 0 ? "blocked" : isClear ? "clear" : "risks",
    sections: sections.filter(({ reasons, warnings }) => reasons.length > 0 || warnings),
  };
}

const listAll = ({ reasons, warnings }: Section) => [...reasons, ...(warnings ? [warnings] : [])];

/** A verdict in one line of Markdown. */
export const verdictLine = ({ sections }: Verdict): string =>
  sections.map((one) => `${one.mark}**${one.title}:** ${listAll(one).join(" · ")}`).join(" · ");

/** A verdict with a line for each reason. */
export function verdictList({ sections }: Verdict): Markdown[] {
  return sections.map((section) => {
    const title = `${section.mark}**${section.title}`;
    const all = listAll(section);
    if (all.length === 1) return ours(`${title}:** ${all.join("")}`);
    return ours([`${title}**`, "", ...all.map((one) => `- ${one}`)].join("\n"));
  });
}

const countIssues = ({ touchesSchema, plan }: ReviewInput) =>
  touchesSchema ? (plan?.issues.length ?? 0) : 0;

const refusesDatabase = ({ messages }: ReviewInput) =>
  messages.some((one) => isStop(one) && one.code === "other-database");

function findBlocks(input: ReviewInput): Risks {
  const { messages, plan } = input;
  const errors = messages.filter(isError).length;
  return [
    errors > 0 && `the preview failed with ${formatCount(errors, "error")}`,
    plan?.blocked &&
      describeAny(countIssues(input), "data issue", ": up stops before its first change"),
    ...(refusesDatabase(input) ? databaseChanges(input) : []),
    describeAny(unreadableRuns(input).length, "run", " cannot be read: up stops before the drain"),
    messages.some(isStop) && "up stops before it is done, a warning below says where",
  ];
}

function findAnomalies(input: ReviewInput): Risks {
  const { steps, plan, touchesSchema } = input;
  return [
    ...(refusesDatabase(input) ? [] : databaseChanges(input)),
    ...otherCollections(input),
    ...serviceAnomalies(input),
    missingFigures(input),
    !plan?.blocked &&
      describeAny(countIssues(input), "data issue", ": what they block is left out"),
    ...destructions(steps),
    steps.some(losesCutover) && "without `backfill` a rollback exports nothing and holds no run",
    turnedOff(steps),
    ...validatorRisks(steps),
    plan?.reachable && touchesSchema && waitingWriters(plan),
    expiry(input),
  ];
}

function findCosts(input: ReviewInput): Risks {
  const { steps, plan, touchesSchema } = input;
  return [
    ...serviceCosts(input),
    changesCluster(steps) && "MongoDB itself changes, its members may restart",
    ...(plan?.reachable && touchesSchema ? indexCosts(plan) : []),
  ];
}

// Only a plan has figures of MongoDB.
function missingFigures(input: ReviewInput): string | false {
  const { direction, steps, plan } = input;
  const isNeeded = steps.some(({ operation, touches }) => operation !== "delete" && touches);
  const isUnseen = plan ? !plan.reachable && direction !== "rollback" : true;
  const why = describeOtherPlan(input) ?? (plan ? "the plan did not reach it" : "there is no plan");
  return isNeeded && isUnseen && `the figures of MongoDB are missing, because ${why}`;
}

/** How to undo an update; none if it would stop or change nothing. */
export function describeUndo(direction: ReviewedDirection, level: Level): string[] {
  return direction === "nothing" || level === "blocked" ? [] : [`Undo: ${undo[direction]}`];
}

const undo: Readonly<Record<Exclude<ReviewedDirection, "nothing">, string>> = {
  cutover:
    "`storageMode: filesystem` and `pulumi up`, which exports what changed in MongoDB (the workflow `rollback` does both)",
  rollback: "`storageMode: mongo` with the next number in `cutover`, and `pulumi up`",
  change: "revert the commit and run `pulumi up`; what was deleted does not come back",
};

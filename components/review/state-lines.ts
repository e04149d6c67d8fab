import { describeDifferences, differencesOf, formatValue } from "./differences";
import type { Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isRun, type Situation } from "./situation";
import { cutoverStepOf } from "./steps";
import { formatCount, formatList, size } from "./words";

/** What the bulk import does, in a line; its figures are those of the plan. */
export function importLine(step: Step, { plan }: Situation): Markdown {
  if (!isRun(step)) return againLine(step);
  const from = formatValue(step.new?.root);
  return plan?.state
    ? md`with both services on files, import ${ours(describeState(plan.state))} from ${from}`
    : md`with both services on files, import what is in ${from}`;
}

type State = NonNullable<NonNullable<Situation["plan"]>["state"]>;

/** The files on disk by kind: `1,204 runs, 1,204 logs, … (12.3 MB)`. */
function describeState({ runs, logs, artifacts, approvals }: State): string {
  const bytes = [runs, logs, artifacts, approvals].reduce((sum, one) => sum + one.bytes, 0);
  const files = formatList([
    formatCount(runs.files, "run"),
    formatCount(logs.files, "log"),
    formatCount(artifacts.files, "artifact manifest"),
    formatCount(approvals.files, "file of approvals", "files of approvals"),
  ]);
  return `${files} (${size(bytes)})`;
}

/** What a handover does in this direction, in a line; its figures are those of the plan. */
export function handoverLine(step: Step, situation: Situation): Markdown {
  if (losesFence(step)) return md`${step.name} leaves the stack, and the fence with it`;
  if (!isRun(step)) return againLine(step);
  const isSecond = cutoverStepOf(step) === "secondHandover";
  if (situation.direction === "rollback") return rollbackLine(step, isSecond, situation);
  return isSecond
    ? ours("with both services on MongoDB, import what web still wrote to files")
    : ours(
        "with the worker stopped, import what it wrote since, then record the fence, from which MongoDB is the source of truth",
      );
}

function rollbackLine(step: Step, isSecond: boolean, { plan }: Situation): Markdown {
  const to = formatValue(step.new?.root);
  if (isSecond)
    return md`with both services on files, write to ${to} what web still wrote to MongoDB`;
  if (!plan?.leftBehind || plan.leftBehind.exported) {
    return md`with the worker stopped, write to ${to} what changed in MongoDB`;
  }
  const { unfinished } = plan.leftBehind;
  const runs = ours(formatCount(unfinished, "unfinished run"));
  if (step.new?.heldRuns === "release") {
    return md`export nothing, because MongoDB is unreachable; ${runs} in ${to} may repeat steps`;
  }
  return md`export nothing, because MongoDB is unreachable; ${runs} held in ${`${to}/held`}`;
}

/** Whether the stack forgets the fence while MongoDB is the source of truth. */
export function losesFence({ operation, old, outputs }: Step): boolean {
  return operation === "delete" && outputs.fence !== undefined && old?.direction === "forward";
}

/** The expiry of log entries, in days. */
export function retentionLine(step: Step): Markdown {
  if (step.operation === "delete") return ours("leaves the stack; the expiry stays as it is");
  const [before, after] = [daysOf(step.old?.days), daysOf(step.new?.days)];
  const isAsBefore = step.old !== undefined && before === after;
  return ours(`log entries expire: ${step.old && !isAsBefore ? `${before} → ` : ""}${after}`);
}

function daysOf(days: unknown): string {
  return Number(days) > 0 ? `${formatCount(Number(days), "day")} after their timestamp` : "never";
}

/** A step that runs, or is to be finished, although no direction changes. */
export function againLine(step: Step): Markdown {
  if (step.operation === "delete") return md`${step.name} leaves the stack; what it did stays`;
  const differences = differencesOf(step);
  if (differences.length > 0) return md`${step.name} again: ${describeDifferences(differences)}`;
  return md`${step.name} again: a secret changed, or the last up did not finish it`;
}

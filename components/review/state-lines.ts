import { differencesOf, said } from "./differences";
import type { Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isRun, type Situation } from "./situation";
import { counted, differencesInWords, listed, megabytes } from "./words";

/** What an import does, in a line; its figures are those of the plan. */
export function importLine(step: Step, { plan }: Situation): Markdown {
  if (!isRun(step)) return againLine(step);
  const from = said(step.new?.root);
  switch (step.new?.stage) {
    case "delta":
      return ours("the worker stopped: what it wrote since");
    case "final":
      return ours("both services on MongoDB: what web still wrote to files");
    default:
      return plan?.state
        ? md`both services still on files: ${ours(stateInWords(plan.state))} from ${from}`
        : md`both services still on files: what is in ${from}`;
  }
}

type State = NonNullable<NonNullable<Situation["plan"]>["state"]>;

/** The files on disk by kind: `1,204 runs, 1,204 logs, … (12.3 MB)`. */
export function stateInWords({ runs, logs, artifacts, approvals }: State): string {
  const bytes = [runs, logs, artifacts, approvals].reduce((sum, one) => sum + one.bytes, 0);
  const files = listed([
    counted(runs.files, "run"),
    counted(logs.files, "log"),
    counted(artifacts.files, "artifact manifest"),
    counted(approvals.files, "file of approvals", "files of approvals"),
  ]);
  return `${files} (${megabytes(bytes)})`;
}

/** What becomes of runs on the way back, or of the fence in a cutover. */
export function exportLine(step: Step, { direction, plan }: Situation): Markdown {
  if (losesFence(step)) return md`${step.name} leaves the stack, and the fence with it`;
  if (!isRun(step)) return againLine(step);
  if (direction !== "way back")
    return ours("MongoDB is the truth from here; what is unfinished on disk is noted");
  const to = said(step.new?.root);
  if (step.new?.stage === "rest") return md`write to ${to} what web still wrote to MongoDB`;
  if (!plan?.leftBehind) return md`write to ${to} what changed in MongoDB`;
  const { exported, unfinished } = plan.leftBehind;
  if (exported)
    return md`write to ${to} from MongoDB: ${ours(exportedInWords(exported) || "nothing changed there")}`;
  const runs = ours(counted(unfinished, "unfinished run"));
  if (step.new?.heldRuns === "release") {
    return md`nothing, MongoDB is out of reach; ${runs} in ${to} may repeat steps`;
  }
  return md`nothing, MongoDB is out of reach; ${runs} set aside in ${`${to}/held`}`;
}

/** Whether the stack forgets the fence while MongoDB is the truth. */
export function losesFence({ operation, old, outputs }: Step): boolean {
  return operation === "delete" && outputs.fence !== undefined && old?.mode === "mongo";
}

interface Exported {
  readonly runs: number;
  readonly logs: number;
  readonly artifacts: number;
  readonly approvals: number;
}

/** Documents that the export brings to the files: `12 runs, 340 log entries`; empty for none. */
export function exportedInWords({ runs, logs, artifacts, approvals }: Exported): string {
  return listed([
    runs > 0 && counted(runs, "run"),
    logs > 0 && counted(logs, "log entry", "log entries"),
    artifacts > 0 && counted(artifacts, "artifact"),
    approvals > 0 && counted(approvals, "approval"),
  ]);
}

/** The expiry of log entries, in days. */
export function retentionLine(step: Step): Markdown {
  if (step.operation === "delete") return ours("leaves the stack; the expiry stays as it is");
  const [before, after] = [daysOf(step.old?.days), daysOf(step.new?.days)];
  const isAsBefore = step.old !== undefined && before === after;
  return ours(`log entries expire: ${step.old && !isAsBefore ? `${before} → ` : ""}${after}`);
}

function daysOf(days: unknown): string {
  return Number(days) > 0 ? `${counted(Number(days), "day")} after their timestamp` : "never";
}

/** A step that runs, or is to be finished, although no mode changes. */
export function againLine(step: Step): Markdown {
  if (step.operation === "delete") return md`${step.name} leaves the stack; what it did stays`;
  const differences = differencesOf(step);
  if (differences.length > 0) return md`${step.name} again: ${differencesInWords(differences)}`;
  return md`${step.name} again: a secret changed, or the last up did not finish it`;
}

import { formatCount } from "../text";
import { formatValue } from "./differences";
import type { ReviewInput, ReviewedStep } from "./input";
import { md, ours, type Markdown } from "./safe/markdown";
import { describeAny, formatList } from "./words";

type Sentence = (step: ReviewedStep, input: ReviewInput) => Markdown;

const byClass: Readonly<Record<string, Sentence>> = {
  JobsStopped: () => ours("end the Jobs of the other direction"),
  LedgerClaim: () => ours("run the migration as a Job"),
  BulkPass: (_step, input) => {
    const { direction, plan } = input;
    if (direction === "rollback")
      return ours(`export what changed in MongoDB${countExported(input)}`);
    return ours(`import ${plan?.state ? formatCount(plan.state.runs.files, "run") : "the runs"}`);
  },
  Canary: ({ new: { seen } = {} }) => {
    const { initContainers } = Object(seen) as { readonly initContainers?: unknown };
    const others = md`, with the init containers ${formatValue(initContainers) ?? ""}`;
    return md`start one pod of web on MongoDB, and remove it${initContainers === undefined ? ours("") : others}`;
  },
  FirstVerification: () => ours("verify what was imported"),
  Drain: () => ours("scale the worker to zero and wait until its pods are gone"),
  WorkerStopped: ({ new: { stoppedFor } = {} }, { direction, cutover }) => {
    const waits = direction !== "rollback" && stoppedFor !== cutover;
    return ours(waits ? "wait until you stop the worker" : "take the worker for stopped");
  },
  Handover: (_step, { direction, isMongoUnreachable, unfinishedRuns }) => {
    if (direction !== "rollback")
      return ours("import what changed since; then MongoDB is the source of truth");
    if (!isMongoUnreachable) return ours("export what changed since");
    return ours(`hold ${formatCount(unfinishedRuns, "unfinished run")}`);
  },
  ValuesFile: ({ new: { file, branch } = {}, variables }) => {
    const pushed = typeof branch === "string" ? md` and push it to ${branch}` : ours("");
    return md`write ${String(file)}${pushed}: ${ours(formatCount(variables.length, "variable"))}`;
  },
  PodsReplaced: ({ part }) =>
    ours(`wait for the new pods of ${part === "worker" || part === "web" ? part : "the services"}`),
  FinalPass: (_step, { direction }) =>
    ours(
      direction === "rollback"
        ? "export what web wrote to MongoDB until then"
        : "import what web wrote to files until then",
    ),
  Verification: () => ours("verify every record"),
  LogRetention: ({ new: { days } = {} }) => md`delete log entries after ${Number(days)} days`,
};

/** What this project's steps do when they run, by class, in the words of a reviewer. A class may have any name. */
export const sentences: ReadonlyMap<string, Sentence> = new Map(Object.entries(byClass));

function countExported({ plan }: ReviewInput): string {
  if (!plan?.leftBehind) return "";
  const { runs, logs, artifacts, approvals } = plan.leftBehind.exported;
  const records = formatList([
    describeAny(runs, "run"),
    logs > 0 && formatCount(logs, "log entry", "log entries"),
    describeAny(artifacts, "artifact"),
    describeAny(approvals, "approval"),
  ]);
  return `: ${records === "" ? "nothing" : records} now`;
}

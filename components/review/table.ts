import type { Step } from "./read/preview";
import { joined, ours, table, type Markdown } from "./safe/markdown";
import type { Section } from "./fit";
import { collectionLine, indexLine } from "./schema-lines";
import { resourceLine, serviceLine } from "./service-lines";
import { isRun, type Situation } from "./situation";
import { againLine, handoverLine, importLine, retentionLine } from "./state-lines";
import {
  cutoverSteps,
  cutoverStepOf,
  isMigrationJob,
  shortType,
  titles,
  type CutoverStep,
} from "./steps";
import { counted } from "./words";

interface Row {
  readonly title: string;
  readonly lines: readonly Markdown[];
}

/** The steps of the cutover that change something, in its order, with a line for each thing. */
export function stepTable(situation: Situation): Section {
  const rows = rowsOf(situation);
  return {
    items: Math.max(0, ...rows.map(({ lines }) => lines.length)),
    render: (shown) => (rows.length === 0 ? undefined : rendered(rows, shown)),
  };
}

function rendered(rows: readonly Row[], shown: number): Markdown {
  const cells = rows.map(({ title, lines }, at) => [
    ours(String(at + 1)),
    ours(title.replaceAll(" ", "\u00a0")),
    joined(atMost(lines, shown), "<br>"),
  ]);
  return table(["", "step", "what changes"], cells);
}

function atMost(lines: readonly Markdown[], shown: number): Markdown[] {
  const left = lines.length - Math.min(lines.length, shown);
  const first = lines.slice(0, shown);
  return left > 0 ? [...first, ours(`and ${counted(left, "more change", "more changes")}`)] : first;
}

function rowsOf(situation: Situation): Row[] {
  const { steps } = situation.preview;
  return cutoverSteps.flatMap((kind) => {
    const lines = steps
      .filter((step) => cutoverStepOf(step) === kind && !isNoise(step, situation))
      .map((step) => lineOf(kind, step, situation));
    return lines.length > 0 ? [{ title: titles[kind], lines }] : [];
  });
}

/** What only accompanies another step, or does nothing in this direction. */
function isNoise(step: Step, { direction, preview, plan }: Situation): boolean {
  const isLost = plan?.leftBehind && !plan.leftBehind.exported;
  switch (shortType(step.type)) {
    case "kubernetes:DrainRequest":
    case "mongo:LogExpiryLift":
    case "mongo:LedgerCompletion":
    case "mongo:ApplicationCheck":
      return true;
    case "taskrunner:SecondHandover":
      return direction === "rollback" && isLost === true;
    case "mongo:ServerCheck":
      return direction === "rollback";
    case "mongo:LedgerClaim":
      return (
        direction === "change" &&
        !isMigrationJob(step) &&
        preview.steps.some((one) => cutoverStepOf(one) !== "ledger")
      );
    case "mongo:LogRetention":
      return step.operation === "create" && !(Number(step.new?.days) > 0);
    default:
      return false;
  }
}

function lineOf(kind: CutoverStep, step: Step, situation: Situation): Markdown {
  switch (kind) {
    case "update":
      return updateLine(step);
    case "check":
      return ours("MongoDB and the user of `mongoUri` can do what is needed, else up stops");
    case "ledger":
      return ours(ledgerInWords(step));
    case "collections":
      return collectionLine(step, situation);
    case "uniqueIndexes":
    case "indexes":
      return indexLine(step, situation);
    case "backfill":
      return importLine(step, situation);
    case "handover":
    case "secondHandover":
      return handoverLine(step, situation);
    case "verification":
      return isRun(step)
        ? ours("every record on disk is in MongoDB, else up stops")
        : againLine(step);
    case "retention":
      return retentionLine(step);
    case "drain":
    case "worker":
    case "web":
      return serviceLine(step);
    default:
      return resourceLine(step);
  }
}

function ledgerInWords(step: Step): string {
  if (step.operation === "delete") return "the record leaves the stack and stays in MongoDB";
  if (isMigrationJob(step)) {
    return "a Job checks the documents, then creates the collections and indexes, and completes the record";
  }
  return "claim the migration's record before the first change, complete it after the last";
}

/** What comes before everything else. */
function updateLine(step: Step): Markdown {
  const isStop = shortType(step.type) === "kubernetes:JobsStopped" && step.operation !== "delete";
  return isStop
    ? ours("Jobs of the other direction are deleted, and their pods waited for")
    : resourceLine(step);
}

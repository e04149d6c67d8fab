import type { Step } from "./read/preview";
import { join, md, ours, table, type Markdown } from "./safe/markdown";
import { foldList } from "./details";
import type { Section } from "./fit";
import { asItShouldBe, collectionLine, indexLine, schemaVerbOf } from "./schema-lines";
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

interface Line {
  readonly text: Markdown;
  /** What the engine, or the plan, does to the thing: `create`, `change in place`. */
  readonly verb: string;
  /** Whether nothing changes that a reviewer has to know of. */
  readonly isIdle: boolean;
}

interface Row {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** The maximum number of lines of a step; of more, each kind is counted. */
const maxLines = 2;

/** The steps of the cutover that change something, in its order; what is many of a kind is counted. */
export function stepTable(situation: Situation): Section {
  const rows = rowsOf(situation).filter(({ lines }) => lines.some(({ isIdle }) => !isIdle));
  const cells = rows.map(({ title, lines }, at) => [
    ours(String(at + 1)),
    ours(title.replaceAll(" ", "\u00a0")),
    summaryOf(lines.filter(({ isIdle }) => !isIdle)),
  ]);
  const rendered = cells.length === 0 ? undefined : table(["", "step", "what changes"], cells);
  return { items: 0, render: () => rendered };
}

/** All lines of the steps that the table counts, and what is looked at and stays as it is. */
export function stepDetails(situation: Situation): Section[] {
  const rows = rowsOf(situation);
  const counted = rows.flatMap(({ title, lines }) => {
    const busy = lines.filter(({ isIdle }) => !isIdle);
    return busy.length > maxLines ? [foldList(listOf(title, busy))] : [];
  });
  const idle = rows.flatMap(({ title, lines }) =>
    lines.filter(({ isIdle }) => isIdle).map(({ text }) => md`${ours(title)}: ${text}`),
  );
  const title = "Looked at or noted, nothing changes for the services";
  return [...counted, foldList({ title, items: idle.map(asItem), noun: "step" })];
}

const asItem = (text: Markdown) => md`- ${text}`;
const listOf = (title: string, lines: readonly Line[]) => ({
  ...{ title, noun: "change", items: lines.map(({ text }) => asItem(text)) },
});

/** A few lines as they are; of more, the first that are lost or created again, and how many of each kind. */
function summaryOf(lines: readonly Line[]): Markdown {
  if (lines.length <= maxLines) return join(textsOf(lines), "<br>");
  const grave = lines.filter(({ verb }) => ["delete", "replace"].includes(verb)).slice(0, maxLines);
  const verbs = new Map<string, number>();
  for (const { verb } of lines) verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
  const counts = [...verbs].map(([verb, count]) => `${verb} ${count.toLocaleString("en-US")}`);
  return join([...textsOf(grave), ours(`${counts.join(", ")}, each named below`)], "<br>");
}

const textsOf = (lines: readonly Line[]) => lines.map(({ text }) => text);

function rowsOf(situation: Situation): Row[] {
  const { steps } = situation.preview;
  return cutoverSteps.flatMap((kind) => {
    const lines = steps
      .filter((step) => cutoverStepOf(step) === kind && !isNoise(step, situation))
      .map((step) => ({
        text: lineOf(kind, step, situation),
        verb: schemaVerbOf(step, situation) ?? step.operation,
        isIdle: isIdle(kind, step, situation),
      }));
    return lines.length > 0 ? [{ title: titles[kind], lines }] : [];
  });
}

/** What is only looked at, or noted by the migration for itself. */
function isIdle(kind: CutoverStep, step: Step, situation: Situation): boolean {
  if (step.operation === "delete") return false;
  if (kind === "check") return true;
  if (kind === "ledger") return !isMigrationJob(step);
  return schemaVerbOf(step, situation) === asItShouldBe;
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
      return ours(describeLedger(step));
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

function describeLedger(step: Step): string {
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

import { differencesOf } from "./differences";
import { foldList, type Section } from "./fit";
import {
  againLine,
  handoverLine,
  importLine,
  resourceLine,
  retentionLine,
  serviceLine,
} from "./lines";
import type { Step } from "./read/preview";
import { join, md, ours, table, type Markdown } from "./safe/markdown";
import { isThere, schemaLine, schemaVerb } from "./schema";
import { isLost, isRun, type Situation } from "./situation";
import { cutoverSteps, cutoverStepOf, isMigrationJob, shortType, type CutoverStep } from "./steps";
import { countEach } from "./words";

interface Line {
  readonly text: Markdown;
  /** What the engine, or the plan, does to the thing: `create`, `modify`. */
  readonly verb: string;
}

interface Row {
  readonly title: string;
  readonly lines: readonly Line[];
}

const maxLines = 2;

/** The steps of the cutover that change something, in its order; what is many of a kind is counted. */
export function stepTable(situation: Situation): Section {
  const cells = rowsOf(situation).map(({ title, lines }, at) => [
    ours(String(at + 1)),
    ours(title.replaceAll(" ", "\u00a0")),
    summarize(lines),
  ]);
  const rendered = cells.length === 0 ? undefined : table(["", "step", "what changes"], cells);
  return () => rendered;
}

/** All lines of the steps that the table counts. */
export function stepDetails(situation: Situation): Section[] {
  return rowsOf(situation)
    .filter(({ lines }) => lines.length > maxLines)
    .map(({ title, lines }) => {
      const items = lines.map(({ text }) => md`- ${text}`);
      return foldList(title, items, "change");
    });
}

/** A few lines as they are; of more, the first that are lost, created again or taken over with changes, and how many of each kind. */
function summarize(lines: readonly Line[]): Markdown {
  if (lines.length <= maxLines) return join(textsOf(lines), "<br>");
  const isGrave = ({ verb }: Line) => ["delete", "replace", "import and change"].includes(verb);
  const grave = lines.filter(isGrave).slice(0, maxLines);
  const counts = [...countEach(lines.map(({ verb }) => verb))].map(
    ([verb, count]) => `${verb} ${count.toLocaleString("en-US")}`,
  );
  return join([...textsOf(grave), ours(`${counts.join(", ")}, each named below`)], "<br>");
}

const textsOf = (lines: readonly Line[]) => lines.map(({ text }) => text);

function rowsOf(situation: Situation): Row[] {
  const { steps } = situation.preview;
  return cutoverSteps.flatMap(([kind, { title }]) => {
    const lines = steps
      .filter((step) => cutoverStepOf(step) === kind && !isNoise(step, situation))
      .map((step) => lineOf(kind, step, situation));
    return lines.length > 0 ? [{ title, lines }] : [];
  });
}

function isNoise(step: Step, situation: Situation): boolean {
  const { direction, plan } = situation;
  switch (shortType(step.type)) {
    case "taskrunner:Cutover":
    case "kubernetes:ServicesCheck":
    case "kubernetes:DrainRequest":
    case "mongo:ServerCheck":
    case "mongo:LogExpiryLift":
    case "mongo:LedgerCompletion":
    case "mongo:ApplicationCheck":
      return true;
    case "mongo:LedgerClaim":
      return step.operation !== "delete" && !isMigrationJob(step);
    case "mongo:Collection":
    case "mongo:Index":
      return isThere(step, situation);
    case "taskrunner:SecondHandover":
      return direction === "rollback" && isLost(plan);
    case "mongo:LogRetention":
      return step.operation === "create" && !(Number(step.new?.days) > 0);
    default:
      return false;
  }
}

function lineOf(kind: CutoverStep, step: Step, situation: Situation): Line {
  const verb = step.operation;
  switch (kind) {
    case "update": {
      const isStop = shortType(step.type) === "kubernetes:JobsStopped" && verb !== "delete";
      const words = "Jobs of the other direction are deleted, and their pods waited for";
      return { verb, text: isStop ? ours(words) : resourceLine(step) };
    }
    case "ledger": {
      const words =
        verb === "delete"
          ? "the record leaves the stack and stays in MongoDB"
          : "a Job checks the documents, then creates the collections and indexes, and completes the record";
      return { verb, text: ours(words) };
    }
    case "collections":
    case "uniqueIndexes":
    case "indexes":
      return { verb: schemaVerb(step, situation), text: schemaLine(step, situation) };
    case "backfill":
      return { verb, text: importLine(step, situation) };
    case "handover":
    case "secondHandover":
      return { verb, text: handoverLine(step, situation) };
    case "verification":
      return {
        verb,
        text: isRun(step)
          ? ours("every record on disk is in MongoDB, else up stops")
          : againLine(step),
      };
    case "retention":
      return { verb, text: retentionLine(step) };
    case "drain":
    case "worker":
    case "web":
      return { verb, text: serviceLine(step) };
    default: {
      const isChanged = verb === "import" && differencesOf(step).length > 0;
      return { verb: isChanged ? "import and change" : verb, text: resourceLine(step) };
    }
  }
}

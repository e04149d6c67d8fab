import { formatCount, formatNumber } from "../text";
import { isError, type ReviewInput, type ReviewedStep } from "./input";
import type { Group } from "./table";
import { describeAny } from "./words";

/** Describes a preview in one sentence of the program's own words, without the name of the stack. */
export function writeHeadline(input: ReviewInput, groups: readonly Group[]): string {
  const { direction, messages, refreshed, gate, cutover } = input;
  if (messages.some(isError)) return "the preview failed";
  if (gate === "closed") {
    const what = direction === "cutover" ? summarizeCutover(input) : nameGroups(groups);
    return [`prepares cutover ${String(cutover)}; stops no service`, what]
      .filter(Boolean)
      .join(": ");
  }
  switch (direction) {
    case "nothing":
      return "no changes";
    case "cutover":
      return `cut over to MongoDB: ${summarizeCutover(input)}`;
    case "rollback":
      return `roll back to files: ${summarizeRollback(input)}`;
    case "change": {
      const named = nameGroups(groups);
      return `${refreshed ? "after a refresh" : "change"}: ${named || "the ledger"}`;
    }
  }
}

function nameGroups(groups: readonly Group[]): string {
  const named = groups.map(({ title, rows }) => {
    const name = title.replace(/^[A-Z](?=[a-z]*( |$))/, (letter) => letter.toLowerCase());
    return rows.length > 1 ? `${name} (${formatNumber(rows.length)})` : name;
  });
  return formatList(named);
}

function summarizeCutover({ steps, plan, gate }: ReviewInput): string {
  const countMade = (kind: string) => plan?.changes.filter((one) => one.kind === kind).length ?? 0;
  const collections = countMade("create collection");
  const indexes = countMade("create index");
  const imports = steps.some(({ part }) => part === "bulkPass");
  const runs = plan?.state ? formatCount(plan.state.runs.files, "run") : "the runs on disk";
  return formatList([
    gate === "open" && "the worker stops",
    describeAny(collections, "collection"),
    describeAny(indexes, "index"),
    steps.some(({ isMigrationJob }) => isMigrationJob) && "the migration as a Job",
    imports && `import of ${runs}`,
    gate !== "closed" && describeServices(steps),
  ]);
}

function summarizeRollback(input: ReviewInput): string {
  const { steps, plan, isMongoUnreachable, unfinishedRuns } = input;
  const found = plan?.leftBehind;
  const exports = steps.some(({ part }) => part === "handover");
  const { runs = 0, logs = 0, artifacts = 0, approvals = 0 } = found?.exported ?? {};
  const records = formatList([
    describeAny(runs, "run"),
    logs > 0 && formatCount(logs, "log entry", "log entries"),
    describeAny(artifacts, "artifact"),
    describeAny(approvals, "approval"),
  ]);
  return formatList([
    found && (records === "" ? "nothing to export" : `export of ${records}`),
    isMongoUnreachable && "MongoDB unreachable",
    describeAny(unfinishedRuns, "unfinished run"),
    exports && !found && !isMongoUnreachable && "export of what changed in MongoDB",
    describeServices(steps),
  ]);
}

const formatList = (parts: readonly (string | false | undefined)[]) =>
  parts.filter(Boolean).join(", ");

const describeServices = (steps: readonly ReviewedStep[]) =>
  ["worker", "web"].filter((service) => steps.some(({ part }) => part === service)).join(" then ");

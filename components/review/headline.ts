import { isError } from "./messages";
import type { PreviewStep } from "./read/preview";
import type { Situation } from "./situation";
import { cutoverStepOf, isMigrationJob } from "./steps";
import { groupsOf } from "./table";
import { formatCount, formatList } from "./words";

/** What a preview would do, in one sentence of ours without the stack's name. */
export function headlineOf(situation: Situation): string {
  const { direction, preview } = situation;
  if (preview.messages.some(isError)) return "the preview failed";
  switch (direction) {
    case "nothing":
      return "no changes";
    case "cutover":
      return `cut over to MongoDB: ${describeCutover(situation)}`;
    case "rollback":
      return `roll back to files: ${describeRollback(situation)}`;
    case "change": {
      const named = groupsOf(situation).map(({ title, rows }) => {
        const name = title.replace(/^[A-Z](?=[a-z]*( |$))/, (letter) => letter.toLowerCase());
        return rows.length > 1 ? `${name} (${rows.length.toLocaleString("en-US")})` : name;
      });
      return `${preview.refreshed ? "after a refresh" : "change"}: ${formatList(named) || "the ledger"}`;
    }
  }
}

function describeCutover({ preview: { steps }, plan }: Situation): string {
  const countMade = (kind: string) => plan?.changes.filter((one) => one.kind === kind).length ?? 0;
  const [collections, indexes] = [countMade("create collection"), countMade("create index")];
  const imports = steps.some((step) => cutoverStepOf(step) === "backfill");
  const runs = plan?.state ? formatCount(plan.state.runs.files, "run") : "the runs on disk";
  return formatList([
    collections > 0 && formatCount(collections, "collection"),
    indexes > 0 && formatCount(indexes, "index"),
    steps.some(isMigrationJob) && "the migration as a Job",
    imports && `import of ${runs}`,
    describeServices(steps),
  ]);
}

function describeRollback({ preview, plan }: Situation): string {
  const found = plan?.leftBehind;
  const exports = preview.steps.some((step) => cutoverStepOf(step) === "handover");
  const { runs = 0, logs = 0, artifacts = 0, approvals = 0 } = found?.exported ?? {};
  const records = formatList([
    runs > 0 && formatCount(runs, "run"),
    logs > 0 && formatCount(logs, "log entry", "log entries"),
    artifacts > 0 && formatCount(artifacts, "artifact"),
    approvals > 0 && formatCount(approvals, "approval"),
  ]);
  return formatList([
    found?.exported && (records === "" ? "nothing to export" : `export of ${records}`),
    found && !found.exported && "MongoDB unreachable",
    found && found.unfinished > 0 && formatCount(found.unfinished, "unfinished run"),
    exports && !found && "export of what changed in MongoDB",
    describeServices(preview.steps),
  ]);
}

function describeServices(steps: readonly PreviewStep[]): string | undefined {
  const kinds = new Set(steps.map(cutoverStepOf));
  const services = (["worker", "web"] as const).filter((service) => kinds.has(service));
  return services.length > 0 ? services.join(" then ") : undefined;
}

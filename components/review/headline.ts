import type { Step } from "./read/preview";
import { isMadeNow, type Situation } from "./situation";
import { cutoverStepOf, isMigrationJob, type CutoverStep } from "./steps";
import { counted, listed } from "./words";
import { exportedInWords } from "./state-lines";

/** What a preview would do, in one sentence of ours without the stack's name. */
export function headlineOf(situation: Situation): string {
  const { direction, preview } = situation;
  if (preview.messages.some(({ severity }) => severity === "error")) return "the preview failed";
  switch (direction) {
    case "nothing":
      return "no changes";
    case "cutover":
      return `cut over to MongoDB: ${cutoverInWords(situation)}`;
    case "rollback":
      return `roll back to files: ${rollbackInWords(situation)}`;
    case "change":
      return `${preview.refreshed ? "after a refresh" : "change"}: ${changesInWords(preview.steps)}`;
  }
}

function cutoverInWords(situation: Situation): string {
  const { preview, plan } = situation;
  const { steps } = preview;
  const made = (kinds: readonly CutoverStep[], kind: string) =>
    plan?.reachable
      ? plan.changes.filter((change) => change.kind === kind).length
      : steps.filter((step) => kinds.includes(cutoverStepOf(step)) && isMadeNow(step)).length;
  const collections = made(["collections"], "create collection");
  const indexes = made(["uniqueIndexes", "indexes"], "create index");
  const imports = steps.some((step) => cutoverStepOf(step) === "backfill");
  const runs = plan?.state ? counted(plan.state.runs.files, "run") : "the runs on disk";
  return listed([
    collections > 0 && counted(collections, "collection"),
    indexes > 0 && counted(indexes, "index", "indexes"),
    steps.some(isMigrationJob) && "the migration as a Job",
    imports && `import of ${runs}`,
    servicesInWords(steps),
  ]);
}

function rollbackInWords({ preview, plan }: Situation): string {
  const found = plan?.leftBehind;
  const exports = preview.steps.some((step) => cutoverStepOf(step) === "handover");
  return listed([
    found?.exported && exportInWords(exportedInWords(found.exported)),
    found && !found.exported && "MongoDB unreachable",
    found && found.unfinished > 0 && counted(found.unfinished, "unfinished run"),
    exports && !found && "export of what changed in MongoDB",
    servicesInWords(preview.steps),
  ]);
}

const exportInWords = (records: string) =>
  records === "" ? "nothing to export" : `export of ${records}`;

function servicesInWords(steps: readonly Step[]): string | undefined {
  const kinds = new Set(steps.map(cutoverStepOf));
  const services = (["worker", "web"] as const).filter((service) => kinds.has(service));
  return services.length > 0 ? services.join(" then ") : undefined;
}

/** What a group of resources is called, in the order in which a sentence names them. */
const groups: readonly (readonly [
  nouns: readonly [string, string],
  kinds: readonly CutoverStep[],
])[] = [
  [["the preparation", ""], ["update"]],
  [["resource of MongoDB itself", "resources of MongoDB itself"], ["cluster"]],
  [["the server check", ""], ["check"]],
  [["collection", "collections"], ["collections"]],
  [
    ["index", "indexes"],
    ["uniqueIndexes", "indexes"],
  ],
  [["step on the state's files", "steps on the state's files"], stateSteps()],
  [["the log expiry", ""], ["retention"]],
  [["resource of the services' access", "resources of the services' access"], ["access"]],
  [
    ["step of the worker", "steps of the worker"],
    ["drain", "worker"],
  ],
  [["step of web", "steps of web"], ["web"]],
  [["other resource", "other resources"], ["other"]],
];

function stateSteps(): CutoverStep[] {
  return ["backfill", "handover", "secondHandover", "verification"];
}

function changesInWords(steps: readonly Step[]): string {
  const words = groups.map(([[one, more], kinds]) => {
    const count = steps.filter((step) => kinds.includes(cutoverStepOf(step))).length;
    return count > 0 && (more === "" ? one : counted(count, one, more));
  });
  const job = steps.some(isMigrationJob) && "the migration as a Job";
  return listed([job, ...words]) || "the ledger";
}

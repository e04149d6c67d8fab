import { describeDifferences, differencesOf, formatValue, splitDifferences } from "./differences";
import { foldList, type Section } from "./fit";
import type { PlanFacts } from "./read/facts";
import type { PreviewStep } from "./read/preview";
import { join, md, ours, table, type Markdown } from "./safe/markdown";
import { isLost, isMadeNow, isRun, type Situation } from "./situation";
import { cutoverStepOf, cutoverSteps, isMigrationJob, isOurs, isType, shortType } from "./steps";
import { countEach, formatCount, formatList, size } from "./words";

/** What happens to one resource: a verb, its name, and what changes or where it works. */
interface Row {
  readonly verb: string;
  readonly text: Markdown;
}

/** What happens in one step of the cutover; at least one row. */
interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

const maxRows = 2;

/** The steps of the cutover that change something, in its order; what is many of a kind is counted. */
export function stepTable(situation: Situation): Section {
  const cells = groupsOf(situation).map(({ title, rows }, at) => [
    ours(String(at + 1)),
    ours(title.replaceAll(" ", "\u00a0")),
    summarize(rows),
  ]);
  const rendered = cells.length === 0 ? undefined : table(["", "step", "what changes"], cells);
  return () => rendered;
}

/** All rows of the steps that the table counts. */
export function stepDetails(situation: Situation): Section[] {
  return groupsOf(situation)
    .filter(({ rows }) => rows.length > maxRows)
    .map(({ title, rows }) => {
      const items = rows.map(({ text }) => md`- ${text}`);
      return foldList(title, items, "change");
    });
}

const grave = ["delete", "replace", "change"];

/** A few rows as they are; of more, the first that are lost or changed, and how many of each kind. */
function summarize(rows: readonly Row[]): Markdown {
  const texts = (all: readonly Row[]) => all.map(({ text }) => text);
  if (rows.length <= maxRows) return join(texts(rows), "<br>");
  const first = grave.flatMap((verb) => rows.filter((row) => row.verb === verb)).slice(0, maxRows);
  const counts = [...countEach(rows.map(({ verb }) => verb))].map(
    ([verb, count]) => `${verb} ${count.toLocaleString("en-US")}`,
  );
  return join([...texts(first), ours(`${counts.join(", ")}, each named below`)], "<br>");
}

/** All that the steps of the cutover do to resources, without what a reader need not know. */
export function groupsOf(situation: Situation): Group[] {
  const { steps } = situation.preview;
  return cutoverSteps.flatMap(([kind, { title }]) => {
    const rows = steps
      .filter((step) => cutoverStepOf(step) === kind && !isNoise(step, situation))
      .map((step) => rowOf(step, situation));
    return rows.length > 0 ? [{ title, rows }] : [];
  });
}

const bookkeeping = [
  ...["Cutover", "ServicesCheck", "DrainRequest", "ServerCheck", "LogExpiryLift"],
  ...["LedgerCompletion", "ApplicationCheck"],
];

function isNoise(step: PreviewStep, { direction, plan }: Situation): boolean {
  if (isOurs(step) && bookkeeping.some((name) => isType(step, name))) return true;
  switch (shortType(step.type)) {
    case "mongo:LedgerClaim":
      return step.operation !== "delete" && !isMigrationJob(step);
    case "mongo:Collection":
    case "mongo:Index":
      // The plan finds it as it should be, while the engine would create it.
      return plan?.reachable === true && isMadeNow(step) && !plannedChange(step, plan);
    case "taskrunner:BulkImport":
      // The handover's row says that what changed is exported.
      return direction === "rollback";
    case "taskrunner:SecondHandover":
      return direction === "rollback" && isLost(plan);
    case "mongo:LogRetention":
      return step.operation === "create" && !(Number(step.new?.days) > 0);
    default:
      return false;
  }
}

function rowOf(step: PreviewStep, { plan }: Situation): Row {
  const change = plannedChange(step, plan);
  const verb = verbOf(step, change, plan);
  if (change) {
    const why = verb === "create" ? ours("") : md`, because ${change.reason}`;
    const waits = ours(change.blocksWrites ? "; writers wait while it runs" : "");
    return { verb, text: md`${change.title}${why}${waits}` };
  }
  const named = isOurs(step) ? md`${step.name}` : md`${shortType(step.type)} ${step.name}`;
  const facts = step.operation === "delete" ? [] : factsOf(step, plan);
  const rest = facts.length > 0 ? md`: ${join(facts, ", ")}` : ours("");
  return { verb, text: md`${ours(verb === "delete" ? "**delete**" : verb)} ${named}${rest}` };
}

type Change = PlanFacts["changes"][number];

function isSchema(step: PreviewStep): boolean {
  return ["mongo:Collection", "mongo:Index"].includes(shortType(step.type));
}

/** What the plan, which has looked at MongoDB, does to a collection or an index. */
function plannedChange(step: PreviewStep, plan: PlanFacts | undefined): Change | undefined {
  if (!plan?.reachable || !isSchema(step) || step.operation === "delete") return undefined;
  const { name = step.name, collection } = step.new ?? {};
  const place = collection === undefined ? { collection: name } : { collection, index: name };
  return plan.changes.find(
    (one) => one.collection === place.collection && one.index === place.index,
  );
}

/** The first words of the plan's changes. What a file has there is not ours to print. */
const plannedVerbs = ["create", "adopt", "await", "modify", "replace"];

function verbOf(
  step: PreviewStep,
  change: Change | undefined,
  plan: PlanFacts | undefined,
): string {
  const planned = plannedVerbs.find((verb) => verb === change?.kind.split(" ")[0]);
  if (planned !== undefined) return planned;
  if (step.operation === "delete")
    return isOurs(step) || step.retained ? "no longer manage" : "delete";
  if (isSchema(step)) return isMadeNow(step) ? "create" : step.operation;
  if (isOurs(step)) {
    if (!isRun(step)) return "run again";
    const verb = verbs[shortType(step.type)] ?? "run";
    if (verb !== "import" || step.new?.direction !== "back") return verb;
    return isLost(plan) ? "run" : "export";
  }
  if (step.operation !== "import") return step.operation;
  // A take-over that sets something is a change.
  return step.old && differencesOf(step).length > 0 ? "change" : "take over";
}

/** What our own steps do; a cutover imports what a rollback exports. */
const verbs: Readonly<Record<string, string>> = {
  "taskrunner:BulkImport": "import",
  "taskrunner:Handover": "import",
  "taskrunner:SecondHandover": "import",
  "taskrunner:Verification": "verify",
  "taskrunner:ValuesFile": "write",
  "taskrunner:WorkerStopped": "wait for",
  "kubernetes:Drain": "drain",
  "kubernetes:PodsReplaced": "wait for",
};

/** Inputs that say on what a new resource or a step works, so that a wrong place is seen. */
const places = [
  ...["collection", "key", "namespace", "release", "context", "clusterIdentity.server"],
  ...["file", "branch", "root", "days"],
];

function factsOf(step: PreviewStep, plan: PlanFacts | undefined): Markdown[] {
  const { variables, others } = splitDifferences(step);
  const isNew = step.operation === "create" || (isOurs(step) && isRun(step));
  const differences = isNew
    ? places.flatMap((path) => {
        const value = formatValue(path.split(".").reduce(memberOf, step.new));
        const name = path.split(".").at(-1) ?? path;
        return value === "" ? [] : [{ path: name, before: undefined, after: value }];
      })
    : others;
  const files = isType(step, "BulkImport") && plan?.state;
  return [
    ...(variables.length > 0 ? [ours(formatCount(variables.length, "variable"))] : []),
    // A new Secret has its name only in `up`, and the values refer to it.
    ...(typeof step.new?.values === "string" ? [ours("environment known in up")] : []),
    ...(differences.length > 0 && (isNew || step.old) ? [describeDifferences(differences)] : []),
    ...(files && isRun(step) ? [ours(describeFiles(files))] : []),
  ];
}

const memberOf = (value: unknown, key: string): unknown =>
  (Object(value) as Readonly<Record<string, unknown>>)[key];

function describeFiles({ runs, logs, artifacts, approvals }: NonNullable<PlanFacts["state"]>) {
  const bytes = [runs, logs, artifacts, approvals].reduce((sum, one) => sum + one.bytes, 0);
  const files = formatList([
    formatCount(runs.files, "run"),
    formatCount(logs.files, "log"),
    formatCount(artifacts.files, "artifact manifest"),
    formatCount(approvals.files, "file of approvals", "files of approvals"),
  ]);
  return `${files} (${size(bytes)})`;
}

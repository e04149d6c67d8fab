import { formatCount, formatNumber } from "../text";
import { describeDifferences, formatValue } from "./differences";
import { foldList } from "./fit";
import type { ReviewInput, ReviewedStep } from "./input";
import { cutoverSteps } from "./parts";
import type { PlanFacts } from "./read-plan";
import { join, md, ours, table, type Markdown } from "./safe/markdown";

/** A change to one resource: a verb, its name, and the changed inputs or its target. */
interface Row {
  readonly verb: string;
  readonly text: Markdown;
}

/** The changes in one step of the cutover; at least one row. */
export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Groups the changes to resources by step of the cutover, without noise. */
export function groupRows(input: ReviewInput): Group[] {
  return cutoverSteps.flatMap(([part, { title }]) => {
    const rows = input.steps
      .filter((step) => step.part === part && !isNoise(step, input))
      .map((step) => describeStep(step, input));
    return rows.length > 0 ? [{ title, rows }] : [];
  });
}

const maxRows = 2;

/** A table with a line for each group; long groups are counted. Empty without groups. */
export function groupTable(groups: readonly Group[]): Markdown[] {
  const cells = groups.map(({ title, rows }, at) => [
    ours(String(at + 1)),
    ours(title.replaceAll(" ", "\u00a0")),
    summarize(rows),
  ]);
  return cells.length > 0 ? [table(["", "step", "what changes"], cells)] : [];
}

/** All rows of the groups that the table only counts. */
export function groupDetails(groups: readonly Group[], most: number): Markdown[] {
  const counted = groups.filter(({ rows }) => rows.length > maxRows);
  return counted.flatMap(({ title, rows }) => {
    const items = rows.map(({ text }) => md`- ${text}`);
    return foldList(title, items, most, "\n");
  });
}

const grave = ["delete", "replace", "change"];

// Shows a few rows as they are. Of more it shows the first that are lost or changed, and counts each kind.
function summarize(rows: readonly Row[]): Markdown {
  const ofVerb = (verb: string) => rows.filter((row) => row.verb === verb);
  const isFew = rows.length <= maxRows;
  const shown = isFew ? rows : grave.flatMap(ofVerb).slice(0, maxRows);
  const counts = [...new Set(rows.map(({ verb }) => verb))].map(
    (verb) => `${verb} ${formatNumber(ofVerb(verb).length)}`,
  );
  const rest = isFew ? [] : [ours(`${counts.join(", ")}, each named below`)];
  return join([...shown.map(({ text }) => text), ...rest], "<br>");
}

function isNoise(step: ReviewedStep, input: ReviewInput): boolean {
  const { direction, plan, isMongoUnreachable, gate } = input;
  // While the gate is closed, nothing runs.
  if (step.isOurs && gate === "closed" && step.new?.direction === "back") return true;
  // The plan found that it exists, although the engine would create it.
  if (isSchema(step) && plan?.reachable && step.isFirstCreate) return !plannedChange(step, plan);
  const isRollback = direction === "rollback";
  return step.own.isNoise?.({ ...step, isRollback, isMongoUnreachable }) ?? false;
}

function describeStep(step: ReviewedStep, input: ReviewInput): Row {
  const change = plannedChange(step, input.plan);
  const verb = chooseVerb(step, change, input);
  if (change) {
    const why = verb === "create" ? ours("") : md`, because ${change.reason}`;
    const waits = ours(change.blocksWrites ? "; writers wait while it runs" : "");
    return { verb, text: md`${change.title}${why}${waits}` };
  }
  // The resource's name begins with the environment's name; MongoDB's name does not.
  const { name = step.name } = isSchema(step) ? (step.new ?? step.old ?? {}) : {};
  const named = step.isOurs ? md`${String(name)}` : md`${step.shortType} ${step.name}`;
  const facts = step.operation === "delete" ? [] : describeFacts(step);
  const rest = facts.length > 0 ? md`: ${join(facts, ", ")}` : ours("");
  return { verb, text: md`${ours(verb === "delete" ? "**delete**" : verb)} ${named}${rest}` };
}

type Change = PlanFacts["changes"][number];

const isSchema = ({ part }: ReviewedStep) =>
  part === "collections" || part === "uniqueIndexes" || part === "indexes";

// The plan has looked at MongoDB, so it knows more about a collection or an index than the engine.
function plannedChange(step: ReviewedStep, plan: PlanFacts | undefined): Change | undefined {
  if (!plan?.reachable || !isSchema(step) || step.operation === "delete") return undefined;
  const { name = step.name, collection } = step.new ?? {};
  return plan.changes.find((one) =>
    collection === undefined
      ? one.collection === name && one.index === undefined
      : one.collection === collection && one.index === name,
  );
}

// First words of the plan's changes. Other words of the file are not printed as the program's own.
const plannedVerbs = ["create", "adopt", "await", "modify", "replace"];

function chooseVerb(step: ReviewedStep, change: Change | undefined, input: ReviewInput): string {
  const { operation, isOurs } = step;
  const planned = plannedVerbs.find((verb) => verb === change?.kind.split(" ")[0]);
  if (planned !== undefined) return planned;
  if (operation === "delete") return isOurs || step.retained ? "no longer manage" : "delete";
  if (isSchema(step)) return step.isFirstCreate ? "create" : operation;
  if (isOurs) {
    if (!step.willRun) return "run again";
    const { verb = "run", back = verb, backWithoutMongo = back } = step.own;
    if (step.new?.direction !== "back") return verb;
    return input.isMongoUnreachable ? backWithoutMongo : back;
  }
  if (operation !== "import") return operation;
  // A take-over that sets an input is a change.
  return step.old && step.variables.length + step.others.length > 0 ? "change" : "take over";
}

// Inputs that name the target of a new resource or a step, so that a reviewer sees a wrong one.
const targetKeys = [
  "collection",
  "key",
  "namespace",
  "release",
  "context",
  "clusterIdentity.server",
  "seen.initContainers",
  "file",
  "branch",
  "root",
  "days",
];

function describeFacts(step: ReviewedStep): Markdown[] {
  const { variables, others, isOurs, willRun } = step;
  const isNew = step.operation === "create" || (isOurs && willRun);
  const differences = isNew
    ? targetKeys.flatMap((key) => {
        const after = formatValue(key.split(".").reduce(getMember, step.new));
        const path = key.split(".").at(-1) ?? key;
        return after ? [{ path, before: undefined, after }] : [];
      })
    : others;
  return [
    ...(variables.length > 0 ? [ours(formatCount(variables.length, "variable"))] : []),
    // The values refer to a new Secret, whose name is known only in `up`.
    ...(typeof step.new?.values === "string" ? [ours("environment known in up")] : []),
    ...(differences.length > 0 && (isNew || step.old) ? [describeDifferences(differences)] : []),
  ];
}

const getMember = (value: unknown, key: string): unknown =>
  (Object(value) as Readonly<Record<string, unknown>>)[key];

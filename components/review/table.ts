import { formatCount } from "../text";
import { describeDatabases } from "./databases";
import { describeDifferences, formatValue } from "./differences";
import { foldList } from "./fit";
import type { ReviewInput, ReviewedStep } from "./input";
import { cutoverSteps, type Part, type Phase } from "./parts";
import type { PlanFacts } from "./read-plan";
import { join, md, ours, table, type Markdown } from "./safe/markdown";
import { sentences } from "./sentences";

/** A change to one resource: a verb, its name, and the changed inputs or its target. */
interface Row {
  readonly verb: string;
  readonly text: Markdown;
}

/** The changes in one step of the cutover; at least one row. */
export interface Group extends Part {
  readonly rows: readonly Row[];
}

/** Groups the changes to resources by step of the cutover, without noise. */
export function groupRows(input: ReviewInput): Group[] {
  return cutoverSteps.flatMap(([name, part]) => {
    const rows = input.steps
      .filter((step) => step.part === name && !isNoise(step, input))
      .map((step) => describeStep(step, input));
    return rows.length > 0 ? [{ ...part, rows }] : [];
  });
}

const maxRows = 2;

/**
 * A table with a line for each phase of a cutover or a rollback, otherwise for each group; long groups are counted.
 * Empty without groups.
 */
export function groupTable(groups: readonly Group[], { direction }: ReviewInput): Markdown[] {
  const isTurn = direction === "cutover" || direction === "rollback";
  const phases = isTurn ? describePhases(direction) : undefined;
  const lines = new Map<string, Markdown[]>();
  for (const group of groups) {
    const { title, phase } = group;
    const name = (phases && phase && phases[phase]) ?? title.replaceAll(" ", "\u00a0");
    lines.set(name, [...(lines.get(name) ?? []), summarize(group)]);
  }
  if (lines.size === 0) return [];
  const cells = [...lines].map(([name, texts], at) => [
    ours(String(at + 1)),
    ours(name),
    join(texts, "<br>"),
  ]);
  return [table(["", isTurn ? "while" : "step", isTurn ? "what happens" : "what changes"], cells)];
}

function describePhases(direction: "cutover" | "rollback"): Readonly<Record<Phase, string>> {
  const [from, to] = direction === "cutover" ? ["files", "MongoDB"] : ["MongoDB", "files"];
  return {
    before: `both services use ${from}`,
    stopped: "no worker runs",
    services: "worker, then web change over",
    after: `both services use ${to}`,
  };
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
function summarize({ rows, noun = "resource" }: Group): Markdown {
  const ofVerb = (verb: string) => rows.filter((row) => row.verb === verb);
  const isFew = rows.length <= maxRows;
  const shown = isFew ? rows : grave.flatMap(ofVerb).slice(0, maxRows);
  const counts = [...new Set(rows.map(({ verb }) => verb))].map((verb) => {
    return `${verb} ${formatCount(ofVerb(verb).length, noun)}`;
  });
  const rest = isFew ? [] : [ours(counts.join(", "))];
  return join([...shown.map(({ text }) => text), ...rest], "<br>");
}

function isNoise(step: ReviewedStep, input: ReviewInput): boolean {
  const { direction, plan, isMongoUnreachable, gate, takesOver } = input;
  // A new step does nothing on files, and none does while the gate is closed.
  const isIdle = gate === "closed" || (step.operation === "create" && direction !== "rollback");
  if (step.isOurs && step.new?.direction === "back" && isIdle) return true;
  // The plan found that it exists, although the engine would create it.
  if (isSchema(step) && plan?.reachable && step.isFirstCreate) return !plannedChange(step, plan);
  const isRollback = direction === "rollback";
  return step.own.isNoise?.({ ...step, isRollback, isMongoUnreachable, takesOver }) ?? false;
}

function describeStep(step: ReviewedStep, input: ReviewInput): Row {
  const change = plannedChange(step, input.plan);
  const verb = chooseVerb(step, change);
  if (change) {
    const why = verb === "create" ? ours("") : md`, because ${change.reason}`;
    const waits = ours(change.blocksWrites ? "; writers wait while it runs" : "");
    return { verb, text: md`${change.title}${why}${waits}` };
  }
  const sentence = step.isOurs && step.willRun ? sentences.get(step.className) : undefined;
  if (sentence && step.operation !== "delete") return { verb, text: sentence(step, input) };
  // The resource's name begins with the environment's name; MongoDB's name does not.
  const { name = step.name } = isSchema(step) ? (step.new ?? step.old ?? {}) : {};
  const type = step.className === "Release" ? ours("release") : md`${step.shortType}`;
  const named = step.isOurs ? md`${String(name)}` : md`${type} ${step.name}`;
  const facts = step.operation === "delete" ? [] : describeFacts(step);
  const rest = facts.length > 0 ? md`: ${join(facts, ", ")}` : ours("");
  return { verb, text: md`${ours(verb === "delete" ? "**delete**" : verb)} ${named}${rest}` };
}

type Change = PlanFacts["changes"][number];

const isSchema = ({ part }: ReviewedStep) => part === "collections" || part === "indexes";

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

function chooseVerb(step: ReviewedStep, change: Change | undefined): string {
  const { operation, isOurs } = step;
  const planned = plannedVerbs.find((verb) => verb === change?.kind.split(" ")[0]);
  if (planned !== undefined) return planned;
  if (operation === "delete") return isOurs || step.retained ? "no longer manage" : "delete";
  if (isSchema(step)) return step.isFirstCreate ? "create" : operation;
  if (isOurs) return step.willRun ? "run" : "run again";
  if (operation !== "import") return operation;
  // A take-over that sets an input is a change.
  return step.old && step.variables.length + step.others.length > 0 ? "change" : "take over";
}

// Inputs that say of a new resource where it is.
const placeKeys = ["collection", "key", "namespace"];

function describeFacts(step: ReviewedStep): Markdown[] {
  const { variables, others, isOurs, willRun } = step;
  const isNew = step.operation === "create" || (isOurs && willRun);
  const differences = isNew
    ? placeKeys.flatMap((path) => {
        const after = formatValue(step.new?.[path]);
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

/** Where files, MongoDB and the services are, in one line. Empty if no step works there. */
export function describeTarget(input: ReviewInput): Markdown[] {
  const { steps } = input;
  const own = steps.filter(({ isOurs }) => isOurs);
  const find = (key: string) => own.map(({ new: inputs }) => inputs?.[key]).find(Boolean);
  const { server } = Object(find("clusterIdentity")) as { readonly server?: unknown };
  const named = [
    [ours("files in "), find("root")],
    [ours("namespace "), find("context") && find("namespace")],
    [ours("cluster "), find("context")],
    [ours("at "), server],
  ] as const;
  const places = named.flatMap(([what, place]) =>
    place ? [md`${what}${formatValue(place) ?? ""}`] : [],
  );
  const all = [...places, ...describeDatabases(input)];
  return steps.length > 0 && all.length > 0 ? [md`Target: ${join(all, ", ")}`] : [];
}

import { differencesOf, formatValue } from "./differences";
import type { PlanFacts } from "./read/plan";
import type { Step } from "./read/preview";
import { join, md, ours, unbroken, type Markdown } from "./safe/markdown";
import { isMadeNow, type Situation } from "./situation";
import { describeDifferences } from "./words";

type PlannedChange = PlanFacts["changes"][number];

/** What happens to a collection, in a line: its name, its validator, what differs. */
export function collectionLine(step: Step, situation: Situation): Markdown {
  const { name = step.name, validationLevel, validationAction, validator } = inputsOf(step);
  if (step.operation === "delete") return leaving(formatValue(name));
  const verb = ours(schemaVerb(step, situation, formatValue(name)));
  if (!isMadeNow(step)) {
    const changed = differencesOf(step).filter(({ path }) => !isRule(path));
    const isRuled = differencesOf(step).some(({ path }) => isRule(path));
    const rules = isRuled ? [ours("other rules in its validator")] : [];
    const words = changed.length > 0 ? [describeDifferences(changed)] : [];
    return md`${verb} ${formatValue(name)}: ${join([...words, ...rules], ", ")}`;
  }
  const isEmpty = Object.keys(validator ?? {}).length === 0;
  if (isEmpty) return md`${verb} ${formatValue(name)}, no validator`;
  return md`${verb} ${formatValue(name)}, validator of level ${formatValue(validationLevel)}, action ${formatValue(validationAction)}`;
}

const isRule = (path: string) => /^validator(\.|$)/.test(path);

/** What happens to an index, in a line: its name, collection, key and options, what differs. */
export function indexLine(step: Step, situation: Situation): Markdown {
  const { name = step.name, collection, key, unique, sparse } = inputsOf(step);
  if (step.operation === "delete") return leaving(formatValue(name));
  const verb = ours(schemaVerb(step, situation, formatValue(collection), formatValue(name)));
  const options = ours(`${unique === true ? ", unique" : ""}${sparse === true ? ", sparse" : ""}`);
  const spec = md`${verb} ${placeOf(formatValue(name), formatValue(collection))} ${formatKey(key)}${options}`;
  const changed = isMadeNow(step) ? [] : differencesOf(step);
  return changed.length === 0 ? spec : md`${spec} (${describeDifferences(changed)})`;
}

/** By default an index has its collection's name before its own. */
function placeOf(name: string, collection: string): Markdown {
  return name.startsWith(`${collection}_`) ? md`${name}` : md`${name} on ${collection}`;
}

function inputsOf(step: Step) {
  return step.new ?? step.old ?? {};
}

/** The inputs have it as one text, `runId:1, sequence:1`. */
function formatKey(key: unknown): Markdown {
  return unbroken(`{ ${formatValue(key).replaceAll(":", ": ")} }`);
}

/** Nothing is ever dropped (decision 7). */
function leaving(name: string): Markdown {
  return md`${name} leaves the stack and stays in MongoDB`;
}

/** Of what the plan finds as it should be. */
export const asItShouldBe = "find as it should be:";

/** What is done to a collection or an index; undefined of any other step, or of one that leaves the stack. */
export function schemaVerbOf(step: Step, situation: Situation): string | undefined {
  if (step.operation === "delete") return undefined;
  const { name = step.name, collection } = inputsOf(step);
  if (step.type.endsWith("mongo:Collection")) return schemaVerb(step, situation, formatValue(name));
  if (!step.type.endsWith("mongo:Index")) return undefined;
  return schemaVerb(step, situation, formatValue(collection), formatValue(name));
}

/** How the plan would do it, which has looked at the database; else as the engine has it. */
function schemaVerb(step: Step, { plan }: Situation, collection: string, index?: string): string {
  if (!plan?.reachable) return isMadeNow(step) ? "create" : step.operation;
  const change = plan.changes.find((one) => one.collection === collection && one.index === index);
  return change ? verbOf(change) : isMadeNow(step) ? asItShouldBe : step.operation;
}

function verbOf({ kind, blocksWrites }: PlannedChange): string {
  const waits = blocksWrites ? ", writers waiting," : "";
  switch (kind.split(" ")[0]) {
    case "create":
      return `create${waits}`;
    case "adopt":
      return "adopt an equal one as";
    case "replace":
      return `replace${waits} without a gap`;
    default:
      return `change${waits} in place`;
  }
}

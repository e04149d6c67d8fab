import { differencesOf, formatValue } from "./differences";
import type { PlanFacts } from "./read/facts";
import type { Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isMadeNow, type Situation } from "./situation";
import { describeDifferences } from "./words";

/** What happens to a collection or an index: as the plan says, which has looked; else by the inputs. */
export function schemaLine(step: Step, situation: Situation): Markdown {
  const { name = step.name, collection, key } = step.new ?? step.old ?? {};
  const named = md`${formatValue(name)}`;
  // Nothing is ever dropped (decision 7).
  if (step.operation === "delete") return md`${named} leaves the stack and stays in MongoDB`;
  const change = changeOf(step, situation);
  if (change) {
    const waits = ours(change.blocksWrites ? "; writers wait while it runs" : "");
    if (change.kind.startsWith("create")) return md`${change.title}${waits}`;
    return md`${change.title}, because ${change.reason}${waits}`;
  }
  const verb = ours(schemaVerb(step, situation));
  const place =
    key === undefined ? ours("") : md` on ${formatValue(collection)} ${formatValue(key)}`;
  const differences = isMadeNow(step) ? [] : differencesOf(step);
  const words = differences.length > 0 ? md`: ${describeDifferences(differences)}` : ours("");
  return md`${verb} ${named}${place}${words}`;
}

/** What is done to a collection or an index, in a word: the plan's, else the engine's. */
export function schemaVerb(step: Step, situation: Situation): string {
  const change = changeOf(step, situation);
  if (change) return change.kind.split(" ")[0] ?? "";
  return isMadeNow(step) ? "create" : step.operation;
}

/** Whether the plan finds a collection or an index as it should be, which the engine would create. */
export function isThere(step: Step, situation: Situation): boolean {
  const isCreated = situation.plan?.reachable === true && isMadeNow(step);
  return isCreated && !changeOf(step, situation);
}

function changeOf(step: Step, { plan }: Situation): PlanFacts["changes"][number] | undefined {
  const { name = step.name, collection } = step.new ?? step.old ?? {};
  const place = collection === undefined ? { collection: name } : { collection, index: name };
  if (!plan?.reachable) return undefined;
  return plan.changes.find(
    (one) => one.collection === place.collection && one.index === place.index,
  );
}

import { describeDifferences, differencesOf, formatValue } from "./differences";
import { isSchemaWarning } from "./messages";
import type { PlanFacts } from "./read/facts";
import type { Properties, Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isMadeNow, touchesSchema, type Situation } from "./situation";
import { isMigrationJob } from "./steps";
import { describeAny, formatCount } from "./words";

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

/** The first words of the plan's changes. What a file has there is not ours to print. */
const verbs = ["create", "adopt", "await", "modify", "replace"];

/** What is done to a collection or an index, in a word: the plan's, else the engine's. */
export function schemaVerb(step: Step, situation: Situation): string {
  const { kind = "" } = changeOf(step, situation) ?? {};
  const planned = verbs.find((verb) => kind.startsWith(verb));
  return planned ?? (isMadeNow(step) ? "create" : step.operation);
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

/** How many data issues there are: by the plan; without one, what the preview itself warned of on an index or a collection. */
export function dataIssueCount(situation: Situation): number {
  const { preview, plan } = situation;
  if (!touchesSchema(situation)) return 0;
  if (plan?.reachable) return plan.issues.length;
  return preview.messages.filter(isSchemaWarning).length;
}

/** That nobody looked at the data: if the migration is a Job (the setting `jobs`), a preview does not. */
export function describeUnseenData({ preview, plan }: Situation): string | undefined {
  const isJob = (step: Step) =>
    isMigrationJob(step) && step.operation !== "delete" && step.new?.direction === "forward";
  if (plan?.reachable || !preview.steps.some(isJob)) return undefined;
  return "the data were not looked at, the Job checks them first";
}

/** Validators that are missing, looser or other than they were: what is written depends on them. */
export function validatorRisks({ preview }: Situation): (string | undefined)[] {
  const changed = preview.steps.filter(
    (step) =>
      step.type.endsWith("mongo:Collection") && step.operation === "change" && !isMadeNow(step),
  );
  const lost = changed.filter((step) => isOff(step.old) && !isOff(step.new));
  const loosened = changed.filter(
    ({ old, new: wanted }) =>
      !isOff(old) &&
      (isOff(wanted) ||
        (old?.validationLevel === "strict" && wanted?.validationLevel !== "strict") ||
        (old?.validationAction === "error" && wanted?.validationAction !== "error")),
  );
  const others = changed
    .filter((step) => !lost.includes(step) && !loosened.includes(step))
    .filter((step) => differencesOf(step).some(({ path }) => path.startsWith("validat")));
  return [
    describeAny(lost.length, "validator", " lost: what was written since was not checked"),
    describeAny(loosened.length, "validator", " loosened: broken documents come in unseen"),
    describeAny(others.length, "validator", " changed: a write that breaks it fails"),
  ];
}

const isOff = ({ validator, validationLevel }: Properties = {}) =>
  Object.keys(validator ?? {}).length === 0 || validationLevel === "off";

/** Index builds that a reviewer has to know of: by the plan; without one, what the inputs of an index say. */
export function indexRisks(situation: Situation): (string | undefined)[] {
  const { preview, plan } = situation;
  if (!touchesSchema(situation)) return [];
  const changes = plan?.reachable ? plan.changes : undefined;
  const changed = preview.steps
    .filter((step) => step.type.endsWith("mongo:Index") && step.operation === "change")
    .filter((step) => !isMadeNow(step));
  const blocking = changes
    ? changes.filter(({ blocksWrites }) => blocksWrites).length
    : changed.filter(({ old, new: wanted }) => old?.unique === false && wanted?.unique === true)
        .length;
  const rebuilt = changes
    ? changes.filter(({ kind }) => kind === "replace index").length
    : changed.filter(
        ({ old, new: wanted }) =>
          old?.key !== wanted?.key ||
          old?.sparse !== wanted?.sparse ||
          (old?.unique === true && wanted?.unique === false),
      ).length;
  const built = changes?.filter(({ kind }) => /^(create|replace) index$/.test(kind)) ?? [];
  const documents = built.map(({ collection = "" }) => plan?.documents[collection] ?? 0);
  const largest = formatCount(Math.max(0, ...documents), "document");
  return [
    describeAny(documents.filter(Boolean).length, "index", ` built over up to ${largest}`),
    blocking > 0 ? `writers wait for ${formatCount(blocking, "index build")}` : undefined,
    describeAny(rebuilt, "index", " built anew"),
  ];
}

/** What differs in MongoDB while no step is about it: only a refresh would see it. */
export function drift(situation: Situation): string | undefined {
  const { direction, plan } = situation;
  if (direction === "rollback" || !plan?.reachable || touchesSchema(situation)) return undefined;
  const kinds = ["record ledger", "adopt index", "await index"];
  const count = plan.changes.filter(({ kind }) => !kinds.includes(kind)).length;
  return describeAny(count, "difference", " in MongoDB that up leaves, unless with --refresh");
}

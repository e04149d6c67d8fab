import { differencesOf } from "./differences";
import { isSchemaWarning } from "./messages";
import type { Properties, Step } from "./read/preview";
import { isMadeNow, touchesSchema, type Situation } from "./situation";
import { isMigrationJob } from "./steps";
import { describeAny, formatCount } from "./words";

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
  const loosened = changed.filter((step) => !isOff(step.old) && isLooser(step));
  const others = changed.filter((step) => !lost.includes(step) && !loosened.includes(step));
  return [
    describeAny(lost.length, "validator", " lost: what was written since was not checked"),
    describeAny(loosened.length, "validator", " loosened: broken documents come in unseen"),
    describeAny(
      others.filter(isOtherRule).length,
      "validator",
      " changed: a write that breaks it fails",
    ),
  ];
}

const isOff = ({ validator, validationLevel }: Properties = {}) =>
  Object.keys(validator ?? {}).length === 0 || validationLevel === "off";
const isLooser = ({ old, new: wanted }: Step) =>
  isOff(wanted) ||
  (old?.validationLevel === "strict" && wanted?.validationLevel !== "strict") ||
  (old?.validationAction === "error" && wanted?.validationAction !== "error");
const isOtherRule = (step: Step) =>
  differencesOf(step).some(({ path }) => path.startsWith("validat"));

/** Index builds that a reviewer has to know of: by the plan; without one, what the inputs of an index say. */
export function indexRisks(situation: Situation): (string | undefined)[] {
  const { preview, plan } = situation;
  if (!touchesSchema(situation)) return [];
  const changes = plan?.reachable ? plan.changes : undefined;
  const blocking = changes
    ? changes.filter(({ blocksWrites }) => blocksWrites).length
    : preview.steps.filter(becomesUnique).length;
  const rebuilt = changes
    ? changes.filter(({ kind }) => kind === "replace index").length
    : preview.steps.filter(isRebuilt).length;
  const built = changes?.filter(({ kind }) => /^(create|replace) index$/.test(kind)) ?? [];
  const documents = built.map(({ collection = "" }) => plan?.documents[collection] ?? 0);
  const largest = formatCount(Math.max(0, ...documents), "document");
  return [
    describeAny(documents.filter(Boolean).length, "index", ` built over up to ${largest}`),
    blocking > 0 ? `writers wait for ${formatCount(blocking, "index build")}` : undefined,
    describeAny(rebuilt, "index", " built anew"),
  ];
}

const isIndexChange = (step: Step) =>
  step.type.endsWith("mongo:Index") && step.operation === "change" && !isMadeNow(step);
const becomesUnique = (step: Step) =>
  isIndexChange(step) && step.old?.unique === false && step.new?.unique === true;
const isRebuilt = (step: Step) =>
  isIndexChange(step) &&
  (step.old?.key !== step.new?.key ||
    step.old?.sparse !== step.new?.sparse ||
    (step.old?.unique === true && step.new?.unique === false));

/** What differs in MongoDB while no step is about it: only a refresh would see it. */
export function drift(situation: Situation): string | undefined {
  const { direction, plan } = situation;
  if (direction === "rollback" || !plan?.reachable || touchesSchema(situation)) return undefined;
  const kinds = ["record ledger", "adopt index", "await index"];
  const count = plan.changes.filter(({ kind }) => !kinds.includes(kind)).length;
  return describeAny(count, "difference", " in MongoDB that up leaves, unless with --refresh");
}

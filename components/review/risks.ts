import { formatCount } from "../text";
import type { ReviewInput, ReviewedStep } from "./input";
import type { Properties } from "./read";
import type { PlanFacts } from "./read-plan";
import { describeAny } from "./words";

/** Lines of a verdict; those of an absent risk are false or undefined. */
export type Risks = (string | false | undefined)[];

/** Resources that are deleted, replaced or left out of the stack. */
export function destructions(steps: readonly ReviewedStep[]): Risks {
  const deleted = steps.filter(({ operation }) => operation === "delete");
  const left = deleted.filter(({ isOurs, retained }) => isOurs || retained).length;
  const replaced = steps.filter(({ operation }) => operation === "replace").length;
  return [
    describeAny(deleted.length - left, "resource", " destroyed"),
    describeAny(replaced, "resource", " replaced"),
    describeAny(left, "resource", " no longer managed"),
  ];
}

/** Whether the stack forgets the cutover's record while MongoDB is the source of truth. */
export function losesCutover({ operation, old, outputs }: ReviewedStep): boolean {
  return (
    operation === "delete" && outputs.cutoverRecord !== undefined && old?.direction === "forward"
  );
}

// Settings that protect the cluster and its backups.
const protection = /protection|backup|pitEnabled|retain/i;

const clusterChanges = (steps: readonly ReviewedStep[]) =>
  steps
    .filter(({ operation, part }) => ["change", "import"].includes(operation) && part === "cluster")
    .flatMap(({ others }) => others);

/** Whether MongoDB itself changes. */
export const changesCluster = (steps: readonly ReviewedStep[]): boolean =>
  clusterChanges(steps).length > 0;

/** The protections of the cluster and its backups that are to go. */
export function turnedOff(steps: readonly ReviewedStep[]): string | undefined {
  const off = clusterChanges(steps).filter(
    ({ path, before, after }) => before === "true" && after !== "true" && protection.test(path),
  );
  return describeAny(off.length, "protection", " of MongoDB turned off");
}

/** Validators that change: they decide what MongoDB accepts. */
export function validatorRisks(steps: readonly ReviewedStep[]): Risks {
  const changed = steps.filter(
    ({ operation, isFirstCreate, part, others }) =>
      operation === "change" &&
      !isFirstCreate &&
      part === "collections" &&
      others.some(({ path }) => path.startsWith("validat")),
  );
  const hasRules = ({ validator }: Properties = {}) => Object.keys(validator ?? {}).length > 0;
  const lost = changed.filter(({ old, new: wanted }) => !hasRules(old) && hasRules(wanted)).length;
  return [
    describeAny(lost, "validator", " lost: what was written since was not checked"),
    describeAny(changed.length - lost, "validator", " changed: what MongoDB accepts is different"),
  ];
}

/** Index builds that writers wait for. */
export function waitingWriters({ changes }: PlanFacts): string | false {
  const blocking = changes.filter(({ blocksWrites }) => blocksWrites).length;
  return blocking > 0 && `writers wait for ${formatCount(blocking, "index build")}`;
}

// Below that a build takes less than a second.
const fewDocuments = 5_000;

/** Index builds that take their time or their space. */
export function indexCosts({ changes, documents = {} }: PlanFacts): Risks {
  const changesOf = (kind: string) => changes.filter((one) => one.kind === kind);
  const rebuilt = changesOf("replace index");
  const sizes = [...changesOf("create index"), ...rebuilt]
    .map(({ collection }) => documents[collection] ?? 0)
    .filter((count) => count >= fewDocuments);
  const largest = formatCount(Math.max(0, ...sizes), "document");
  return [
    describeAny(sizes.length, "index", ` built over up to ${largest}`),
    describeAny(rebuilt.length, "index", " built anew"),
  ];
}

/** Log entries that a new expiry deletes. */
export function expiry({ steps, plan, gate }: ReviewInput): string | undefined {
  const retention = steps.find(({ part }) => part === "retention" && gate !== "closed");
  const before = Number(retention?.old?.days ?? 0);
  const after = Number(retention?.new?.days ?? 0);
  if (after === 0 || (after === before && retention?.outputs.applied !== false)) return undefined;
  const { entries, isMore } = plan?.expiring ?? {};
  const many = formatCount(entries ?? 0, "entry", "entries");
  const now = `${isMore ? "more than " : ""}${many} of MongoDB now`;
  const found = entries === undefined ? "how many was not counted" : now;
  return `log entries older than ${formatCount(after, "day")} will be deleted: ${found}`;
}

import { formatCount } from "../../text";
import type { Change } from "./change";

/** Maximum number of changes that are named. */
const maxNamed = 3;

/** Describes changes of collections and indexes, each if they are few; undefined if nothing changes in MongoDB. */
export function describeChanges(changes: readonly Change[], database: string): string | undefined {
  const made = changes.filter(({ kind }) => kind !== "adopt index");
  if (made.length === 0) return undefined;
  const parts = made.length > maxNamed ? countChanges(made) : made.map(nameChange);
  const text = parts.join(", ");
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)} in ${database}.`;
}

function countChanges(changes: readonly Change[]): string[] {
  const countOf = (kind: Change["kind"]) => changes.filter((one) => one.kind === kind).length;
  const indexes = changes.filter((one) => one.kind === "create index");
  const unique = indexes.filter(({ wanted }) => wanted.unique).length;
  const others = indexes.length - unique;
  const rows = [
    ["create", countOf("create collection"), "collection"],
    ["create", unique, "unique index"],
    ["create", others, unique > 0 ? "other index" : "index"],
    ["change", countOf("modify validator"), "validator"],
    ["change", countOf("modify index"), "index"],
    ["replace", countOf("replace index"), "index"],
    ["wait for", countOf("await index"), "index"],
  ] as const;
  return rows
    .filter(([, count]) => count > 0)
    .map(([verb, count, noun], at, all) => {
      const many = formatCount(count, noun, noun.replace(/x$/, "xe") + "s");
      return all[at - 1]?.[0] === verb ? many : `${verb} ${many}`;
    });
}

function nameChange(change: Change): string {
  switch (change.kind) {
    case "create collection":
      return `create collection ${change.wanted.name}`;
    case "modify validator":
      return `change the validator of ${change.wanted.name}`;
    case "create index":
    case "replace index":
      return `${change.kind} ${change.wanted.name}`;
    case "modify index":
      return `change index ${change.found.name} in place`;
    case "await index":
      return `wait for index ${change.found.name}`;
    default:
      return change.kind;
  }
}

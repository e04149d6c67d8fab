import { MongoServerError, type AggregateOptions, type Db } from "mongodb";
import type { WantedSchema } from "../../contract";
import { formatCount } from "../../text";
import { describeChange, type Change } from "../planner/change";
import { findBrokenDocuments, type BrokenDocuments } from "./broken-documents";
import { findDuplicateKeys, type DuplicateKeys } from "./duplicate-keys";

/** Whether blocking documents stop the migration or are only reported. */
export type OnDataIssue = "fail" | "report";

/** Documents that block a change. */
export type DataIssue = DuplicateKeys | BrokenDocuments;

/** A change that was not checked, because the server stopped the search. */
export interface NotChecked {
  readonly change: Change;
  /** The server's code of a time or memory limit. */
  readonly code: number;
}

/** The results of a search, with the changes that it did not check. */
export interface DataSearch {
  readonly issues: readonly DataIssue[];
  readonly notChecked: readonly NotChecked[];
}

/** Limits of a preview's scans: 10 s each, on a secondary if possible. */
export const previewScan = {
  maxTimeMS: 10_000,
  readPreference: "secondaryPreferred",
} as const satisfies AggregateOptions;

/**
 * The documents that block `changes`: duplicates of a planned unique index, and documents that break a planned
 * strict validator.
 *
 * @param options of each scan; default: no limits, on the primary
 */
export async function findDataIssues(
  db: Db,
  changes: readonly Change[],
  options: AggregateOptions = {},
): Promise<DataSearch> {
  const issues: DataIssue[] = [];
  const notChecked: NotChecked[] = [];
  for (const change of changes) {
    try {
      const issue = await findIssue(db, change, options);
      if (issue) issues.push(issue);
    } catch (error) {
      const code = error instanceof MongoServerError ? Number(error.code) : NaN;
      if (![...timeLimits, ...memoryLimits].includes(code)) throw error;
      notChecked.push({ change, code });
    }
  }
  return { issues, notChecked };
}

/** Codes of a time limit. */
const timeLimits = [50, 262];

// Codes of a memory limit without disk use, as on the shared tiers of Atlas, which ignore `allowDiskUse`. The
// long codes come from `$setWindowFields`.
const memoryLimits = [146, 292, 5414201, 5643008];

/** Describes a change that was not checked, with the reason. */
export function describeNotChecked({ change, code }: NotChecked): string {
  const limit = timeLimits.includes(code) ? "time" : "memory";
  return (
    `Not checked for blocking documents: ${describeChange(change)}. MongoDB stopped the search at its ` +
    `${limit} limit (code ${code}).`
  );
}

async function findIssue(
  db: Db,
  change: Change,
  options: AggregateOptions,
): Promise<DataIssue | undefined> {
  switch (change.kind) {
    case "modify validator": {
      const { role, name, validationLevel } = change.wanted;
      if (!role || validationLevel !== "strict") return undefined;
      return findBrokenDocuments(db, role, name, options);
    }
    case "create index":
    case "await index":
    case "modify index":
    case "replace index": {
      const { role } = change.wanted;
      const builds = change.wanted.unique && !("final" in change && change.final);
      return role && builds ? findDuplicateKeys(db, role, change.wanted, options) : undefined;
    }
    default:
      return undefined;
  }
}

/** The part of the schema that the issues do not block: `moderate` validators, no index over duplicates. */
export function withholdChanges(wanted: WantedSchema, issues: readonly DataIssue[]): WantedSchema {
  const broken = issues.filter((issue) => issue.kind === "broken documents");
  const duplicated = issues.filter((issue) => issue.kind === "duplicate keys");
  return {
    collections: wanted.collections.map((one) =>
      broken.some(({ collection }) => collection === one.name)
        ? { ...one, validationLevel: "moderate" }
        : one,
    ),
    indexes: wanted.indexes.filter(({ name }) => !duplicated.some(({ index }) => index === name)),
  };
}

/** Describes a data issue: the blocked change, the number of documents, examples. */
export function describeDataIssue(issue: DataIssue): string {
  return issue.kind === "duplicate keys" ? describeDuplicates(issue) : describeBroken(issue);
}

function describeDuplicates({
  index,
  collection,
  keys,
  documents,
  examples,
}: DuplicateKeys): string {
  const lines = examples.map(({ key, documents: having }) => {
    const ids = having.map(({ id, at }) => (at === undefined ? id : `${id} (${at})`));
    const members = Object.entries(key).map(
      ([field, value]) => `${field} ${JSON.stringify(value)}`,
    );
    return `  ${members.join(", ")}: ${ids.join(", ")}`;
  });
  return [
    `The unique index ${index} cannot be built: ${formatCount(keys, "key")} of ${collection} ` +
      `${keys === 1 ? "occurs" : "occur"} more than once, in ${formatCount(documents, "document")}. For example:`,
    ...lines,
  ].join("\n");
}

function describeBroken({ collection, documents, rules }: BrokenDocuments): string {
  const lines = rules.map(
    ({ field, rule, documents: breaking, ids }) =>
      `  ${field} ${rule}: ${formatCount(breaking, "document")}, for example ${ids.join(", ")}`,
  );
  return [
    `The validator of ${collection} cannot be strict: ${formatCount(documents, "document")} ` +
      `${documents === 1 ? "breaks" : "break"} it.`,
    ...lines,
  ].join("\n");
}

import type { AggregateOptions, Db } from "mongodb";
import type { ContractSchema, WantedSchema } from "../../contract";
import type { Change } from "../planner/change";
import { brokenDocuments, type BrokenDocuments } from "./broken-documents";
import { duplicateKeys, type DuplicateKeys } from "./duplicate-keys";

/** Documents that stand in the way of a change; found before anything is changed. */
export type DataIssue = DuplicateKeys | BrokenDocuments;

/**
 * The documents that stand in the way of `changes`: duplicates of a unique index that is to be
 * built, and documents that break a validator that is to be set strict.
 *
 * @param options of each scan; by default it takes as long as it needs, on the primary
 */
export async function dataIssues(
  db: Db,
  wanted: ContractSchema,
  changes: readonly Change[],
  options: AggregateOptions = {},
): Promise<DataIssue[]> {
  const issues: (DataIssue | undefined)[] = [];
  for (const change of changes) issues.push(await issueOf(db, wanted, change, options));
  return issues.filter((issue) => issue !== undefined);
}

async function issueOf(
  db: Db,
  { collections }: ContractSchema,
  change: Change,
  options: AggregateOptions,
): Promise<DataIssue | undefined> {
  switch (change.kind) {
    case "modify validator": {
      const role = collections.find(({ name }) => name === change.wanted.name)?.role;
      const strict = change.wanted.validationLevel === "strict";
      return role && strict ? brokenDocuments(db, role, change.wanted.name, options) : undefined;
    }
    case "create index":
    case "await index":
    case "modify index":
    case "replace index": {
      const role = collections.find(({ name }) => name === change.wanted.collection)?.role;
      const builds = change.wanted.unique && !("final" in change && change.final);
      return role && builds ? duplicateKeys(db, role, change.wanted, options) : undefined;
    }
    default:
      return undefined;
  }
}

/** What can be set in spite of the issues: `moderate` validators, no index over duplicates. */
export function heldBack(wanted: WantedSchema, issues: readonly DataIssue[]): WantedSchema {
  const broken = new Set(
    issues.flatMap((issue) => (issue.kind === "broken documents" ? issue.collection : [])),
  );
  const duplicated = new Set(
    issues.flatMap((issue) => (issue.kind === "duplicate keys" ? issue.index : [])),
  );
  return {
    collections: wanted.collections.map((collection) =>
      broken.has(collection.name) ? { ...collection, validationLevel: "moderate" } : collection,
    ),
    indexes: wanted.indexes.filter(({ name }) => !duplicated.has(name)),
  };
}

/** A data issue as lines for a person: what stands in the way, how often, with examples. */
export function dataIssueInWords(issue: DataIssue): string {
  return issue.kind === "duplicate keys" ? duplicatesInWords(issue) : brokenInWords(issue);
}

function duplicatesInWords({
  index,
  collection,
  keys,
  documents,
  examples,
}: DuplicateKeys): string {
  const lines = examples.map(({ key, documents: having }) => {
    const ids = having.map(({ id, at }) => (at === undefined ? id : `${id} (${at})`));
    return `  ${keyInWords(key)}: ${ids.join(", ")}`;
  });
  return [
    `The unique index ${index} cannot be built: ${counted(keys, "key")} of ${collection} ` +
      `${keys === 1 ? "occurs" : "occur"} more than once, in ${counted(documents, "document")}. For example:`,
    ...lines,
  ].join("\n");
}

function brokenInWords({ collection, documents, rules }: BrokenDocuments): string {
  const lines = rules.map(
    ({ field, rule, documents: breaking, ids }) =>
      `  ${field} ${rule}: ${counted(breaking, "document")}, for example ${ids.join(", ")}`,
  );
  return [
    `The validator of ${collection} cannot be strict: ${counted(documents, "document")} ` +
      `${documents === 1 ? "breaks" : "break"} it.`,
    ...lines,
  ].join("\n");
}

const keyInWords = (key: Readonly<Record<string, unknown>>) =>
  Object.entries(key)
    .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    .join(", ");

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

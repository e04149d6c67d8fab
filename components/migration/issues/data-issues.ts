import type { Db } from "mongodb";
import type { ContractSchema, WantedSchema } from "../../contract";
import { brokenDocuments, type BrokenDocuments } from "./broken-documents";
import type { Change } from "../planner/change";
import { duplicateKeys, type DuplicateKeys } from "./duplicate-keys";
import type { ScanOptions } from "./scan";

/** Documents that stand in the way of a change; found before anything is changed. */
export type DataIssue = DuplicateKeys | BrokenDocuments;

/**
 * The documents that stand in the way of `changes`: duplicates of a unique index that is to be
 * built, and documents that break a validator that is to be set strict.
 */
export async function dataIssues(
  db: Db,
  wanted: ContractSchema,
  changes: readonly Change[],
  options: ScanOptions = {},
): Promise<DataIssue[]> {
  const issues: (DataIssue | undefined)[] = [];
  for (const change of changes) issues.push(await issueOf(db, wanted, change, options));
  return issues.filter((issue) => issue !== undefined);
}

async function issueOf(
  db: Db,
  { collections }: ContractSchema,
  change: Change,
  options: ScanOptions,
): Promise<DataIssue | undefined> {
  switch (change.kind) {
    case "modify validator": {
      const role = collections.find(({ name }) => name === change.wanted.name)?.role;
      const strict = change.wanted.validationLevel === "strict";
      return role && strict ? brokenDocuments(db, role, change.wanted.name, options) : undefined;
    }
    case "create index":
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

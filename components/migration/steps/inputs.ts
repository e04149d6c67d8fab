import type { CollectionRole, SchemaOptions, WantedCollection, WantedIndex } from "../../contract";
import type { MongoInputs } from "../../step";
import type { Claim } from "../ledger";

/** Inputs that every step of the migration has; `uri` is secret. */
export interface MigrationInputs extends MongoInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

/** Whether blocking documents stop the migration or are listed beside it. */
export type OnDataIssue = "fail" | "report";

/** The claim of the ledger's record, before the first change. */
export interface ClaimInputs extends MigrationInputs, Claim {
  readonly schema: SchemaOptions;
  readonly onDataIssue: OnDataIssue;
  /** The state directory, whose `fence.json` says whether the services work on MongoDB; absent: no files. */
  readonly root?: string;
  /** The setting `advanced.acceptDatabase`; not compared. */
  readonly acceptDatabase?: string;
}

/** The completion of the ledger's record, after the last change. */
export interface CompletionInputs extends MigrationInputs {
  readonly checksum: string;
}

/** What the services' user tries; `uri` is their connection string, which is secret. */
export interface ApplicationInputs extends MongoInputs {
  /** The names of the collections that exist, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** Whether only the services may reach this address: then a warning is enough if it is unreachable. */
  readonly isApart: boolean;
}

/** One collection with its validator. */
export interface CollectionInputs extends MigrationInputs, WantedCollection {
  readonly role: CollectionRole;
  readonly onDataIssue: OnDataIssue;
}

/** One index. */
export interface IndexInputs extends MigrationInputs {
  readonly role: CollectionRole;
  readonly onDataIssue: OnDataIssue;
  readonly collection: string;
  readonly name: string;
  /** The key as one text, `runId:1, sequence:1`. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden by hand; never asked for. */
  readonly hidden?: boolean;
}

/** The collection whose expiry is lifted before an import. */
export interface LiftInputs extends MigrationInputs {
  readonly collection: string;
}

/** The expiry of log entries, which is no part of the index's own resource. */
export interface RetentionInputs extends LiftInputs {
  /** Days after which an entry expires; 0 for never. */
  readonly days: number;
}

/**
 * A key as one text in its order, `runId:1, sequence:1`: the engine sorts the keys of objects, and
 * shows a text that is JSON or YAML as an object.
 */
export function keyToText(key: readonly (readonly [field: string, direction: unknown])[]): string {
  return key.map(([field, direction]) => `${field}:${String(direction)}`).join(", ");
}

function keyFromText(text: string): WantedIndex["key"] {
  return text.split(", ").map((member) => {
    const colon = member.lastIndexOf(":");
    return [member.slice(0, colon), Number(member.slice(colon + 1)) as 1 | -1];
  });
}

/** The index that the inputs ask for. */
export function toWantedIndex(inputs: IndexInputs): WantedIndex {
  const { collection, name, unique, sparse } = inputs;
  return { collection, name, key: keyFromText(inputs.key), unique, sparse };
}

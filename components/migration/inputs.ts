import type { WantedCollection, WantedIndex } from "../contract";
import type { MongoSideInputs } from "../dynamic";
import type { Claim } from "./ledger";

/** Inputs that every resource of the migration has; `uri` is secret. */
export interface MigrationInputs extends MongoSideInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

/** The claim of the ledger's record, before the first change. */
export interface ClaimInputs extends MigrationInputs, Claim {}

/** The completion of the ledger's record, after the last change. */
export interface CompletionInputs extends MigrationInputs {
  readonly checksum: string;
}

/** One collection with its validator. */
export interface CollectionInputs extends MigrationInputs, WantedCollection {}

/** One index. */
export interface IndexInputs extends MigrationInputs {
  readonly collection: string;
  readonly name: string;
  /** The key as JSON text, because its order counts and the engine sorts the keys of objects. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden by hand; never asked for. */
  readonly hidden?: boolean;
}

/** A key as JSON text in its order: `{ "runId": 1, "sequence": 1 }`. */
export function keyToText(key: readonly (readonly [field: string, direction: unknown])[]): string {
  const members = key.map(
    ([field, direction]) => `${JSON.stringify(field)}: ${JSON.stringify(direction)}`,
  );
  return `{ ${members.join(", ")} }`;
}

/** The index that the inputs ask for. */
export function wantedIndexOf(inputs: IndexInputs): WantedIndex {
  const { collection, name, unique, sparse } = inputs;
  const key = Object.entries(JSON.parse(inputs.key) as Record<string, 1 | -1>);
  return { collection, name, key, unique, sparse };
}

import { isDeepStrictEqual } from "node:util";
import type { Document } from "mongodb";
import {
  collectionRoles,
  collections,
  indexNameIn,
  type CollectionRole,
  type IndexKey,
} from "./collections";
import { validatorOf } from "./validator";

/** How validators apply, in MongoDB's terms. */
export interface Validation {
  readonly enabled: boolean;
  readonly level: "strict" | "moderate";
  readonly action: "error" | "warn";
}

/** Schema options of a site. */
export interface SchemaOptions {
  /** The collections' names by role. */
  readonly collections: Readonly<Record<CollectionRole, string>>;
  /** The indexes' names by their default names. Default: those. */
  readonly indexNames?: Readonly<Record<string, string | undefined>> | undefined;
  readonly validation: Validation;
  /** Whether the approvals' collection exists; the specification lists neither its fields nor its indexes. */
  readonly approvals: boolean;
  readonly tenancy: "reserved" | "enforced";
}

/** A wanted collection; the validator is empty if validation is off. */
export interface WantedCollection {
  /** The contract's role of the collection. */
  readonly role?: CollectionRole;
  readonly name: string;
  readonly validator: Document;
  readonly validationLevel: "strict" | "moderate" | "off";
  readonly validationAction: "error" | "warn";
}

/** A wanted index. */
export interface WantedIndex {
  /** The contract's role of its collection. */
  readonly role?: CollectionRole;
  readonly collection: string;
  readonly name: string;
  readonly key: IndexKey;
  readonly unique: boolean;
  readonly sparse: boolean;
}

/** Whether an index key has the fields of another first, in their order. */
export function beginsWith(key: object, first: object): boolean {
  const fields = Object.entries(first);
  return isDeepStrictEqual(Object.entries(key).slice(0, fields.length), fields);
}

/** An index key, wanted or found, as text: `{ runId: 1, sequence: 1 }`. */
export function describeKey(key: object): string {
  const fields = Object.entries(key).map(([field, direction]) => `${field}: ${String(direction)}`);
  return `{ ${fields.join(", ")} }`;
}

/** Everything that should exist; indexes in the order of their creation. */
export interface WantedSchema {
  readonly collections: readonly WantedCollection[];
  readonly indexes: readonly WantedIndex[];
}

/** A wanted schema with the contract's notes on each index. */
export type ContractSchema = ReturnType<typeof buildSchema>;

/**
 * Builds the specification's schema with a site's options. The unique indexes of all collections come first
 * (specification, "Execution order", steps 1 and 2).
 */
export function buildSchema(options: SchemaOptions) {
  const { collections: names, indexNames = {}, validation, approvals, tenancy } = options;
  const { enabled, level, action } = validation;
  const roles = collectionRoles.filter((role) => role !== "approvals" || approvals);
  const indexes = roles.flatMap((role) =>
    collections[role].indexes.map((index) => {
      const { key, unique = false, sparseUntilTenancy, note } = index;
      // The default does not follow a renamed collection.
      const defaultName = indexNameIn(collections[role].name, index);
      return {
        role,
        collection: names[role],
        defaultName,
        name: indexNames[defaultName] ?? indexNameIn(names[role], index),
        key,
        unique,
        note,
        sparse: sparseUntilTenancy === true && tenancy === "reserved",
      };
    }),
  );
  return {
    collections: roles.map((role) => ({
      role,
      name: names[role],
      validator: enabled ? validatorOf(collections[role]) : {},
      validationLevel: enabled ? level : ("off" as const),
      validationAction: action,
    })),
    indexes: [...indexes.filter((i) => i.unique), ...indexes.filter((i) => !i.unique)],
  };
}

import type { Document } from "mongodb";
import { collectionRoles, collections, type CollectionRole } from "./collections";
import { validatorOf } from "./validator";

/** How validators are applied; the names and meanings are MongoDB's. */
export interface Validation {
  readonly enabled: boolean;
  readonly level: "strict" | "moderate";
  readonly action: "error" | "warn";
}

/** What a site may choose about the schema. */
export interface SchemaOptions {
  /** The collections' names by role. */
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly validation: Validation;
  /** Whether the approvals' collection and its indexes are made; the document lists neither. */
  readonly approvals: boolean;
  readonly tenancy: "reserved" | "enforced";
}

/** A collection as it should exist; without validation the validator is empty. */
export interface WantedCollection {
  /** By which the contract knows it. */
  readonly role?: CollectionRole;
  readonly name: string;
  readonly validator: Document;
  readonly validationLevel: "strict" | "moderate" | "off";
  readonly validationAction: "error" | "warn";
}

/** An index as it should exist; `key` is a list of pairs, because the order of keys counts. */
export interface WantedIndex {
  /** Its collection's, by which the contract knows it. */
  readonly role?: CollectionRole;
  readonly collection: string;
  readonly name: string;
  readonly key: readonly (readonly [field: string, direction: 1 | -1])[];
  readonly unique: boolean;
  readonly sparse: boolean;
}

/** Everything that should exist: collections, and indexes in the order of their building. */
export interface WantedSchema {
  readonly collections: readonly WantedCollection[];
  readonly indexes: readonly WantedIndex[];
}

/** A wanted schema with the contract's own words on each collection and index. */
export type ContractSchema = ReturnType<typeof buildSchema>;

/**
 * The schema that the document asks for under a site's options: its collections in the
 * document's order, then the indexes in the listed order, unique ones of all collections first
 * (the document, "Execution order", steps 1 and 2).
 */
export function buildSchema({ collections: names, validation, approvals, tenancy }: SchemaOptions) {
  const { enabled, level, action } = validation;
  const roles = collectionRoles.filter((role) => role !== "approvals" || approvals);
  const indexes = roles.flatMap((role) =>
    collections[role].indexes.map(({ suffix, key, unique = false, sparseUntilTenancy, note }) => ({
      role,
      collection: names[role],
      // It stays where a site gives the collection a name of its own.
      defaultName: `${collections[role].name}_${suffix}`,
      name: `${names[role]}_${suffix}`,
      ...{ key, unique, note },
      sparse: sparseUntilTenancy === true && tenancy === "reserved",
    })),
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

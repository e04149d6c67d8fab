import type { Document } from "mongodb";
import { collectionRoles, collections, type CollectionRole, type Index } from "./collections";
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
export interface ContractSchema extends WantedSchema {
  readonly collections: readonly (WantedCollection & { readonly role: CollectionRole })[];
  /** `defaultName` stays where a site gives the collection a name of its own. */
  readonly indexes: readonly (WantedIndex & {
    readonly role: CollectionRole;
    readonly defaultName: string;
    readonly note: string;
  })[];
}

/**
 * The schema that the document asks for under a site's options: its collections in the
 * document's order, then the indexes in the listed order, unique ones of all collections first
 * (the document, "Execution order", steps 1 and 2).
 */
export function buildSchema(options: SchemaOptions): ContractSchema {
  const roles = collectionRoles.filter((role) => role !== "approvals" || options.approvals);
  const indexes = roles.flatMap((role) =>
    collections[role].indexes.map((index) => buildIndex(role, index, options)),
  );
  return {
    collections: roles.map((role) => buildCollection(role, options)),
    indexes: [...indexes.filter((i) => i.unique), ...indexes.filter((i) => !i.unique)],
  };
}

function buildCollection(role: CollectionRole, options: SchemaOptions) {
  const { enabled, level, action } = options.validation;
  return {
    role,
    name: options.collections[role],
    validator: enabled ? validatorOf(collections[role]) : {},
    validationLevel: enabled ? level : ("off" as const),
    validationAction: action,
  };
}

function buildIndex(role: CollectionRole, index: Index, options: SchemaOptions) {
  const defaultName = `${collections[role].name}_${index.suffix}`;
  const collection = options.collections[role];
  return {
    role,
    collection,
    defaultName,
    name: `${collection}_${index.suffix}`,
    key: index.key,
    unique: index.unique ?? false,
    sparse: (index.sparseUntilTenancy ?? false) && options.tenancy === "reserved",
    note: index.note,
  };
}

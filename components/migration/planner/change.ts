import type { Document } from "mongodb";
import { describeKey, type WantedCollection, type WantedIndex } from "../../contract";
import type { ObservedCollection, ObservedIndex } from "./observe";

/**
 * A difference between the wanted and the observed schema, as a value: it can be printed, counted and turned into
 * commands.
 */
export type Change = {
  /** The reason, as text. */
  readonly reason: string;
} & (
  | { readonly kind: "create collection"; readonly wanted: WantedCollection }
  | {
      readonly kind: "modify validator";
      readonly wanted: WantedCollection;
      readonly found: ObservedCollection;
    }
  /** No index has this name, or this key with these options. */
  | { readonly kind: "create index"; readonly wanted: WantedIndex }
  /** An index of the schema that is being built, by any runner: awaited, then compared. */
  | { readonly kind: "await index"; readonly wanted: WantedIndex; readonly found: ObservedIndex }
  /** A change that `collMod` makes without a new build. */
  | {
      readonly kind: "modify index";
      readonly wanted: WantedIndex;
      readonly found: ObservedIndex;
      /** The setting that differs. */
      readonly set: "hidden" | "prepareUnique" | "unique" | { readonly expireAfterSeconds: number };
    }
  /** A change that needs a new build: key, sparse, partial filter, collation, no longer unique. */
  | {
      readonly kind: "replace index";
      readonly wanted: WantedIndex;
      /** Another index under the wanted name. */
      readonly old: ObservedIndex | undefined;
      /** The bridge of an unfinished replacement. */
      readonly bridge: ObservedIndex | undefined;
      /** The wanted index, if only the bridge must go. */
      readonly final: ObservedIndex | undefined;
    }
  /** An equal index has another name, and MongoDB would not create a second one. */
  | { readonly kind: "adopt index"; readonly wanted: WantedIndex; readonly found: ObservedIndex }
  /** The ledger's record of this schema, claimed first and completed last. */
  | { readonly kind: "record ledger"; readonly ledger: string; readonly checksum: string }
  /** An object outside the schema: listed, never changed. */
  | { readonly kind: "leave alone"; readonly collection: string; readonly index?: string }
);

/** The changes of one kind. */
export type ChangeOf<Kind extends Change["kind"]> = Extract<Change, { readonly kind: Kind }>;

/** A server command with its reason, for execution and for print. */
export interface Command {
  readonly command: Document;
  readonly reason: string;
  /** Whether writers wait while it runs, for more than an instant. */
  readonly blocksWrites: boolean;
  /** Whether it removes something. */
  readonly loses: boolean;
  /** The command that undoes this one if a later one of the same change fails. */
  readonly onFailure?: Document;
  /**
   * Indexes, as `createIndexes` takes them, that must exist and be built right before it runs. If one is missing,
   * another runner changed it, and everything is planned again.
   */
  readonly requires?: readonly Document[];
}

/** An executed command and its duration in ms. */
export interface Executed {
  readonly command: Command;
  readonly durationMs: number;
}

/** A change as one line without its reason: `create index a on b { c: 1 }, unique`. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case "create collection":
      return `create collection ${change.wanted.name}`;
    case "modify validator":
      return `modify the validator of ${change.wanted.name}`;
    case "adopt index":
      return `adopt index ${change.found.name} as ${describeIndex(change.wanted)}`;
    case "await index":
      return `wait for index ${change.found.name} on ${change.wanted.collection}`;
    case "modify index":
      return `modify index ${change.found.name} on ${change.wanted.collection} in place`;
    case "create index":
    case "replace index":
      return `${change.kind} ${describeIndex(change.wanted)}`;
    case "record ledger":
      return `record the migration in ${change.ledger}`;
    case "leave alone":
      return `leave alone ${change.collection}${change.index ? `.${change.index}` : ""}`;
  }
}

function describeIndex({ name, collection, key, unique, sparse }: WantedIndex): string {
  const options = `${unique ? ", unique" : ""}${sparse ? ", sparse" : ""}`;
  return `${name} on ${collection} ${describeKey(key)}${options}`;
}

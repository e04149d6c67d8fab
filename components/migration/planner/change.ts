import type { Document } from "mongodb";
import type { WantedCollection, WantedIndex } from "../../contract";
import type { ObservedCollection, ObservedIndex } from "./observe";

/**
 * One thing that differs between what should exist and what does. A change is a value: it can be
 * printed, counted and turned into commands, and describing it executes nothing.
 */
export type Change = {
  /** Why, in words. */
  readonly reason: string;
} & (
  | { readonly kind: "create collection"; readonly wanted: WantedCollection }
  | {
      readonly kind: "modify validator";
      readonly wanted: WantedCollection;
      readonly found: ObservedCollection;
    }
  /** It exists neither by its name nor by its key and options. */
  | { readonly kind: "create index"; readonly wanted: WantedIndex }
  /** An index of ours whose build is in progress, of whoever began it: it is waited for, then compared. */
  | { readonly kind: "await index"; readonly wanted: WantedIndex; readonly found: ObservedIndex }
  /** What `collMod` can change without building the index again. */
  | {
      readonly kind: "modify index";
      readonly wanted: WantedIndex;
      readonly found: ObservedIndex;
      /** The one setting that differs. */
      readonly set: "hidden" | "prepareUnique" | "unique" | { readonly expireAfterSeconds: number };
    }
  /** What only another build can change: key, sparse, partial filter, collation, unique taken off. */
  | {
      readonly kind: "replace index";
      readonly wanted: WantedIndex;
      /** The index that has the wanted one's name and is not it. */
      readonly old: ObservedIndex | undefined;
      /** The bridge of an earlier replacement that did not finish. */
      readonly bridge: ObservedIndex | undefined;
      /** The wanted index, where only the bridge is left to go. */
      readonly final: ObservedIndex | undefined;
    }
  /** An equal index under another name, which MongoDB would not let stand beside ours. */
  | { readonly kind: "adopt index"; readonly wanted: WantedIndex; readonly found: ObservedIndex }
  /** The ledger's record of this wanted state, claimed before and completed after the others. */
  | { readonly kind: "record ledger"; readonly ledger: string; readonly checksum: string }
  /** What is not ours: listed, never touched. */
  | { readonly kind: "leave alone"; readonly collection: string; readonly index?: string }
);

/** The changes of one kind. */
export type ChangeOf<Kind extends Change["kind"]> = Extract<Change, { readonly kind: Kind }>;

/** One server command with its reason; the executed and the printed form are this one. */
export interface Command {
  readonly command: Document;
  readonly reason: string;
  /** Whether writers wait while it runs, beyond an instant. */
  readonly blocksWrites: boolean;
  /** Whether something that existed is gone afterwards. */
  readonly loses: boolean;
  /** Run where a later command of the same change fails. */
  readonly onFailure?: Document;
  /**
   * Indexes of the collection, as `createIndexes` takes them, that must be there and built right before
   * it; else another runner has gone ahead, and everything is planned again.
   */
  readonly requires?: readonly Document[];
}

/** A command that was executed and how long it took, in ms. */
export interface Executed {
  readonly command: Command;
  readonly durationMs: number;
}

/** What a change does, in one line without its reason: `create index a on b { c: 1 }, unique`. */
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
  const fields = key.map(([field, direction]) => `${field}: ${direction}`).join(", ");
  const options = `${unique ? ", unique" : ""}${sparse ? ", sparse" : ""}`;
  return `${name} on ${collection} { ${fields} }${options}`;
}

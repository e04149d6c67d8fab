import type { Document } from "mongodb";

/**
 * The largest expiry, in seconds: `collMod` can change one but not take it off, so this stands
 * for none.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/collMod/
 */
export const noExpiry = 2_147_483_647;

/** An index as `listIndexes` gives it, without what the server fills in by itself. */
export interface ObservedIndex {
  readonly name: string;
  readonly key: readonly (readonly [field: string, direction: unknown])[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  readonly prepareUnique: boolean;
  /** In seconds; undefined where there is none (2147483647 counts as none). */
  readonly expireAfterSeconds: number | undefined;
  readonly partialFilterExpression: Document | undefined;
  readonly collation: Document | undefined;
}

/** A collection as `listCollections` gives it, with its indexes (`_id_` left out). */
export interface ObservedCollection {
  readonly name: string;
  /** `collection`, `view` or `timeseries`. */
  readonly type: string;
  readonly validator: Document;
  readonly validationLevel: string;
  readonly validationAction: string;
  readonly indexes: readonly ObservedIndex[];
}

/** The state of a database, by collection. */
export type Observed = ReadonlyMap<string, ObservedCollection>;

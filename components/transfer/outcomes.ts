/**
 * The outcomes of records in each pass: each record has one of them. A new outcome is a member here and a row of
 * `outcomeWords`.
 */
export const outcomes = {
  import: ["inserted", "updated", "unchanged", "removed", "quarantined"],
  /**
   * Log entries count if they were written or could not be, and a log that differs counts as one of `conflicts`. A file
   * in conflict stays, and MongoDB's content is written to a conflict copy.
   */
  export: ["written", "unchanged", "newerOnDisk", "conflicts", "unwritable", "removed"],
  /** Only `missing`, `differing` and `quarantined` are differences. */
  verification: [
    "equal",
    "newerInMongo",
    "removed",
    "expired",
    "missing",
    "differing",
    "quarantined",
  ],
} as const;

/** A pass that counts records; a rollback is an export. */
export type Pass = keyof typeof outcomes;

export type OutcomeOf<Of extends Pass> = (typeof outcomes)[Of][number];

/** An outcome of any pass. */
export type Outcome = OutcomeOf<Pass>;

export const allOutcomes: readonly Outcome[] = [...new Set(Object.values(outcomes).flat())];

/** The name of the sum of a pass's outcomes: an import reads records, an export documents, a verification records in files. */
export const totals = { import: "read", export: "documents", verification: "files" } as const;

/**
 * What a pass counts besides: `mongo` is from the collection's metadata, which may be slightly wrong after a crash.
 * `onlyInMongo` is the minimum, if a key is on disk twice.
 */
interface Besides {
  readonly import: never;
  readonly export: never;
  readonly verification: "mongo" | "onlyInMongo";
}

/** The counts of one collection's records: their outcomes, the sum of these, and what the pass counts besides. */
export type Counts<Of extends Pass> = Record<
  OutcomeOf<Of> | (typeof totals)[Of] | Besides[Of],
  number
>;

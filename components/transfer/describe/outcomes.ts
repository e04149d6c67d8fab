import type { Counts, Pass } from "../outcomes";

/** The heading of a count's column, and what the count means if that does not say it. */
interface Words {
  readonly column: string;
  readonly meaning?: string;
}

/** What people read of each count: the columns of the commands' tables, in their order, and the schemas of `--json`. */
export const outcomeWords: { readonly [Of in Pass]: Readonly<Record<keyof Counts<Of>, Words>> } = {
  import: {
    read: { column: "read", meaning: "The sum of the others." },
    inserted: { column: "inserted" },
    updated: { column: "updated" },
    unchanged: { column: "unchanged" },
    removed: {
      column: "removed",
      meaning: "Removed in MongoDB since the cutover, so not inserted again.",
    },
    quarantined: { column: "quarantined" },
  },
  export: {
    documents: { column: "looked at", meaning: "The sum of the others." },
    written: { column: "written" },
    unchanged: { column: "unchanged" },
    newerOnDisk: {
      column: "newer on disk",
      meaning: "The file stays, and the next import reads it.",
    },
    conflicts: { column: "conflicts", meaning: "Changed on both sides; the file stays." },
    unwritable: { column: "not written" },
    removed: {
      column: "removed on disk",
      meaning: "Removed on disk since the cutover ended, so not written again.",
    },
  },
  verification: {
    files: { column: "on disk", meaning: "Records on disk." },
    mongo: { column: "in MongoDB" },
    equal: { column: "equal" },
    newerInMongo: { column: "newer in MongoDB" },
    onlyInMongo: { column: "only in MongoDB" },
    removed: { column: "removed", meaning: "Removed in MongoDB since the cutover." },
    expired: { column: "expired" },
    missing: { column: "missing" },
    differing: { column: "different" },
    quarantined: { column: "unreadable" },
  },
};

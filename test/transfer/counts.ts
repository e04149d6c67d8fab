import { byRole } from "../../components/contract";

/** What a verification reports at least if both sides have the same records. */
export const bothEqual = {
  holds: true,
  ...byRole(() => ({ newerInMongo: 0, onlyInMongo: 0 })),
};

/** Expected counts: what is not named is 0. */
export function importCounts(read: number, outcomes: object) {
  const none = {
    inserted: 0,
    updated: 0,
    unchanged: 0,
    removed: 0,
    quarantined: 0,
  };
  return { read, ...none, ...outcomes };
}

/** An export's counts of one collection; what is left out is 0. */
export const exportCounts = (documents: number, outcomes: object) => ({
  documents,
  written: 0,
  unchanged: 0,
  newerOnDisk: 0,
  conflicts: 0,
  unwritable: 0,
  removed: 0,
  ...outcomes,
});

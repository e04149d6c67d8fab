/** The names of this program's own files in a state directory. No service and no import reads them. */
export const ownFiles = {
  cutoverRecord: "cutover.json",
  /** The records that the last import quarantined. */
  quarantine: "quarantine.ndjson",
  /** Not in MongoDB: it describes these files, and an earlier copy of them must lack it. */
  deltaScope: "delta-scope.ndjson",
  /** A folder for each cutover that held runs, each with the layout of the state directory. */
  held: "held",
  /**
   * Conflict copies, with that layout. Beside its file, a service that lists the folder would take it for a second run.
   */
  conflicts: "conflicts",
  /** Files of runs that went on elsewhere, with that layout: begun in MongoDB from their jobs, or held before. */
  superseded: "superseded",
} as const;

/** The names of what this program keeps in a state directory. No service and no import reads it. */
export const ownFiles = {
  cutoverRecord: "cutover.json",
  /** The records that the last import quarantined. */
  quarantine: "quarantine.ndjson",
  /** Not in MongoDB: it is about these files, and a copy of them from before lacks it. */
  deltaScope: "delta-scope.ndjson",
  /** A folder for each cutover that held runs, each with the layout of the state directory. */
  held: "held",
  /** Conflict copies, with that layout. Next to its file, one would be a second run to a service that lists the folder. */
  conflicts: "conflicts",
  /** The files of runs that were begun in MongoDB from their jobs, with that layout. */
  superseded: "superseded",
} as const;

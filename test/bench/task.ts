/** One measurement on a state directory. */
export interface Task {
  /**
   * `sink`: an import into a sink that answers at once; `pipeline`, `driver`: into a server's new
   * database. The others have one that is prepared; `delta` is the import of a handover with its fence, `ahead`
   * and `back` are the bulk pass and the delta pass of a rollback.
   */
  readonly work:
    | ("sink" | "pipeline" | "driver" | "import" | "delta" | "verify")
    | ("ahead" | "back" | "export");
  readonly root: string;
  readonly database: string;
}

/** A measurement's result. */
export interface Measured {
  /** The number of records that arrived. */
  readonly records: number;
  readonly elapsedMs: number;
  /** User and system time of the work, without the process's start. */
  readonly cpuMs: number;
  /** The maximum resident set of the process, with its start. */
  readonly peakMb: number;
}

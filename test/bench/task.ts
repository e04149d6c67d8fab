/** One measurement: what is done with the records below a state directory. */
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

/** What one measurement found. */
export interface Measured {
  /** How many came to the server or the sink. */
  readonly records: number;
  readonly elapsedMs: number;
  /** User and system time of the work, without that of the process's start. */
  readonly cpuMs: number;
  /** The greatest resident set of the process, its start included. */
  readonly peakMb: number;
}

/** One measurement on a state directory. */
export interface Task {
  /**
   * `sink`: an import into a sink without latency; `pipeline`, `driver`: into a new database of a server. The others
   * use a prepared database; `delta` is a handover's import with its cutover, `compare` is what a cutover's bulk pass
   * asks of unfinished runs, `bulk` and `back` are the bulk pass and the delta pass of a rollback.
   */
  readonly work:
    | ("sink" | "pipeline" | "driver" | "import" | "delta" | "verify")
    | ("compare" | "bulk" | "back" | "export");
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

/** One measurement: what is done with the records below a state root. */
export interface Task {
  /** `sink`: into a sink that answers at once; `pipeline`, `driver`: into a server. */
  readonly work: "sink" | "pipeline" | "driver";
  readonly root: string;
  /** The name of a database that is not there yet, for a server. */
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

/** Where a record is: the file below the state root, the line of a log, the place in a list. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly entry?: number;
}

/** A place as people read it: `logs/runs/r.ndjson line 3`. */
export function placeInWords({ file, line, entry }: Place): string {
  const inLog = line === undefined ? "" : ` line ${line}`;
  const inList = entry === undefined ? "" : ` entry ${entry}`;
  return file + inLog + inList;
}

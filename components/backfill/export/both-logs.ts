import type { Collection } from "mongodb";
import type { FilePlace } from "./place";

/** A run's log on both sides. */
export interface BothLogs {
  readonly runId: string;
  readonly place: FilePlace;
  readonly collection: Collection;
}

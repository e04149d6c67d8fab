import type { ExportSides } from "./export-run";
import type { FilePlace } from "../../state";

/** A run's log on both sides. */
export interface BothLogs {
  readonly runId: string;
  readonly place: FilePlace;
  readonly sides: ExportSides;
}

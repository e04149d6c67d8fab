import type { Random } from "../../tools/sample/random";
import type { Journal } from "./journal";
import type { Queue } from "./queue";
import type { LogMessage } from "./records";
import type { Store } from "./store";

/** What a service of the stand-in works with. */
export interface ServiceContext {
  readonly store: Store;
  /** The jobs that begin and resume runs; without it the worker looks at all runs. */
  readonly queue?: Queue | undefined;
  readonly journal: Journal;
  readonly random: Random;
  /** The service's instance, as its pod's name. */
  readonly name: string;
  /** The moment as .NET writes it; no two are the same millisecond. */
  readonly now: () => string;
}

/** A service of the stand-in: one thing at a time, so that it can be stopped between two. */
export interface StoreService {
  /** Does one thing; false where there was nothing to do. */
  tick(): Promise<boolean>;
  /** Finishes what is in hand and leaves everything written. */
  drain(): Promise<void>;
}

/**
 * A moment as .NET writes it, with more digits than a BSON date keeps.
 *
 * @param ms since 1970
 */
export function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "4567+00:00");
}

/** Adds to a run's log and tells the journal of it. */
export async function writeLog(
  { store, journal, now }: ServiceContext,
  runId: string,
  message: Omit<LogMessage, "timestamp">,
): Promise<void> {
  const { sequence } = await store.append(runId, { timestamp: now(), ...message });
  journal.write({ event: "logged", runId, sequence, message: message.message });
}

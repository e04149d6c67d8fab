import { hasRunEnded, type RunRecord } from "./records";

/** What the services did, told apart from their stores. */
export type JournalEvent =
  | { readonly event: "submitted"; readonly runId: string }
  | {
      readonly event: "executed";
      readonly runId: string;
      readonly stepId: string;
      readonly attempt: number;
      readonly by: string;
    }
  /** A step's success, or its cancellation, is recorded: nothing may execute it again. */
  | { readonly event: "settled"; readonly runId: string; readonly stepId: string }
  | {
      readonly event: "logged";
      readonly runId: string;
      readonly sequence: number;
      readonly message: string;
    }
  | {
      readonly event: "decided";
      readonly runId: string;
      readonly approvalId: string;
      readonly status: string;
    }
  /** A step's approval is gone: it is asked for again, and people decide again. */
  | {
      readonly event: "lost";
      readonly runId: string;
      readonly stepId: string;
      readonly approvalId: string;
    }
  | { readonly event: "ended"; readonly runId: string; readonly outcome: string }
  | { readonly event: "paused"; readonly by: string }
  | { readonly event: "refused"; readonly by: string; readonly reason: string };

/** The events outside of both stores, by which it is checked what the stores say. */
export interface Journal {
  write(event: JournalEvent): void;
  events(): readonly JournalEvent[];
  /**
   * Whether nobody took this decision yet: people decide once, also where a service that does not
   * know of it asks again.
   */
  decideOnce(runId: string, approvalId: string): boolean;
}

/** Writes what a write of a run tells that no service could tell: its service was killed in it. */
export function writeEnd(journal: Journal, run: RunRecord): void {
  const { runId, steps } = run;
  for (const { stepId, status } of steps) {
    if (status === "Succeeded") journal.write({ event: "settled", runId, stepId });
  }
  if (!hasRunEnded(run)) return;
  const failed = steps.some(({ status }) => status === "Failed");
  journal.write({ event: "ended", runId, outcome: failed ? "failed" : "succeeded" });
}

/** The events of one kind. */
export function eventsOf<Kind extends JournalEvent["event"]>(journal: Journal, kind: Kind) {
  return journal
    .events()
    .filter((event): event is Extract<JournalEvent, { event: Kind }> => event.event === kind);
}

/** The journal of services in one process. */
export class MemoryJournal implements Journal {
  private readonly written: JournalEvent[] = [];
  private readonly decisions = new Set<string>();

  write(event: JournalEvent): void {
    this.written.push(event);
  }

  events(): readonly JournalEvent[] {
    return this.written;
  }

  /** An approval is lost, and its decision with it. */
  lose(lost: {
    readonly runId: string;
    readonly stepId: string;
    readonly approvalId: string;
  }): void {
    this.decisions.delete(`${lost.runId} ${lost.approvalId}`);
    this.write({ event: "lost", ...lost });
  }

  decideOnce(runId: string, approvalId: string): boolean {
    const before = this.decisions.size;
    return this.decisions.add(`${runId} ${approvalId}`).size > before;
  }
}

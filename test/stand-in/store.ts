import type { Approval, Artifact, LogEntry, LogMessage, Run } from "./records";

/** Where a service of the stand-in keeps its records: files or MongoDB. */
export interface Store {
  runs(): Promise<Run[]>;
  create(run: Run): Promise<void>;
  /**
   * Puts a run in the place of the one that was seen.
   *
   * @returns false where it changed since then, and nothing was written
   */
  replace(run: Run, seen: Run): Promise<boolean>;
  /** Adds an entry to a run's log; the entry with its sequence, which counts from 1. */
  append(runId: string, message: LogMessage): Promise<LogEntry>;
  logs(runId: string): Promise<LogEntry[]>;
  /** Sets all outputs of a run. */
  capture(runId: string, artifacts: readonly Artifact[]): Promise<void>;
  artifacts(runId: string): Promise<Artifact[]>;
  approvals(runId: string): Promise<Approval[]>;
  pendingApprovals(): Promise<Approval[]>;
  /** Asks for an approval, unless it was asked for already. */
  ask(approval: Approval): Promise<void>;
  /** @throws Error where the approval is not pending */
  decide(approval: Approval): Promise<void>;
}

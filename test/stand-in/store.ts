import type { Approval, Artifact, LogRecord, LogMessage, RunRecord } from "./records";

/** Where a service of the stand-in keeps its records: files or MongoDB. */
export interface Store {
  runs(): Promise<RunRecord[]>;
  create(run: RunRecord): Promise<void>;
  /**
   * Puts a run in the place of the one that was seen.
   *
   * @returns false where it changed since then, and nothing was written
   */
  replace(run: RunRecord, seen: RunRecord): Promise<boolean>;
  /** Adds an entry to a run's log; the entry with its sequence, which counts from 1. */
  append(runId: string, message: LogMessage): Promise<LogRecord>;
  logs(runId: string): Promise<LogRecord[]>;
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

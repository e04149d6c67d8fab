import type { Db, Document } from "mongodb";
import { documentOptions } from "../../contract/options";
import type { Form } from "../form";
import { type Journal, writeEnd } from "../journal";
import { MongoStore } from "../mongo-store";
import type { RunRecord } from "../records";
import { Killed } from "./rough-writer";

/** A write that a killed service sent, and that the server has not applied yet. */
export interface LateWrite {
  readonly runId: string;
  apply(): Promise<void>;
}

/** MongoDB's stores, of which a worker may be killed while it writes a run. */
export class LateStore extends MongoStore {
  /** Whether the next write of a run is the last thing that its service does. */
  kills = false;
  /** What the server has not applied yet. */
  late: LateWrite | undefined;

  constructor(
    database: Db,
    private readonly journal: Journal,
    form: Form,
  ) {
    super(database, documentOptions.collections, form);
  }

  override async replace(run: RunRecord, seen: RunRecord): Promise<boolean> {
    if (!this.kills) return super.replace(run, seen);
    this.kills = false;
    const apply = async () => {
      if (await super.replace(run, seen)) writeEnd(this.journal, run);
    };
    this.late = { runId: run.runId, apply };
    throw new Killed(`killed while it wrote ${run.runId}`);
  }

  /** Whether an answer to a reader has the run, so that the write comes too late for this reader. */
  isMissedBy(answer: Document): boolean {
    const { firstBatch = [], nextBatch = [] } = (answer.cursor ?? {}) as Record<string, Document[]>;
    return [...firstBatch, ...nextBatch].some(({ _id }) => _id === this.late?.runId);
  }

  /** The server applies what it has not applied yet. */
  async settle(): Promise<void> {
    const { late } = this;
    this.late = undefined;
    await late?.apply();
  }
}

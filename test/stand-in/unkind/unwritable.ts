import { type Db, ObjectId } from "mongodb";
import type { Random } from "../../../tools/sample/random";
import { documentOptions } from "../../contract/options";
import type { Queue } from "../queue";
import { hasRunEnded, isFinal } from "../records";
import type { Store } from "../store";

/** Runs in MongoDB that a service gave a member that no file can hold. */
export class Unwritable {
  constructor(
    private readonly database: Db,
    private readonly stores: Readonly<Record<"filesystem" | "mongo", Store>>,
  ) {}

  /**
   * Gives such a member to a run that was begun in MongoDB and has no file; says which.
   *
   * @param queue gets a job of the run
   */
  async act(random: Random, queue: Queue | undefined): Promise<string> {
    const onFiles = new Set((await this.stores.filesystem.runs()).map(({ runId }) => runId));
    const begun = (await this.stores.mongo.runs()).filter(
      (run) =>
        !onFiles.has(run.runId) &&
        !hasRunEnded(run) &&
        run.steps.some(({ attempts }) => attempts) &&
        // A decision between the rollouts makes another job (docs/queue.md#the-window-between-the-rollouts).
        run.steps.every((step) => step.kind === "Run" || isFinal(step)),
    );
    if (begun.length === 0) return "nothing";
    const { runId } = random.pick(begun);
    await this.runs.updateOne({ _id: runId }, { $set: { traceId: new ObjectId() } });
    await queue?.add(runId);
    return runId;
  }

  /** Removes the member from each run. */
  async repair(): Promise<void> {
    await this.runs.updateMany({}, { $unset: { traceId: true } });
  }

  private get runs() {
    return this.database.collection<{ _id: string }>(documentOptions.collections.runs);
  }
}

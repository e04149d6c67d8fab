import { filesAtOnce, mapLimit, supersede, unbegunRunIn } from "../../state";
import { mergeBasesIn, isSettled, readMergeBases } from "../merge-bases";
import type { Listed } from "../disk";
import { idsAmong } from "../documents";
import type { BothSides } from "../sides";
import { type Tally, addCase } from "../tally";

/**
 * Handles runs that web wrote to files after the handover, with no step begun there. If MongoDB has one without a merge
 * base, a worker on MongoDB began it from its job. Its files, log and parts included, then go to `superseded/`, so that
 * MongoDB's side counts in every later comparison and in a rollback. Use it only in the final pass.
 */
export class LateRuns {
  private readonly files = new Map<string, readonly Listed[]>();

  constructor(private readonly sides: BothSides) {}

  /** Selects the runs to read: the runs that no worker has begun in MongoDB. */
  async select(tally: Tally, runs: readonly Listed[][]): Promise<readonly Listed[][]> {
    const ids = new Map<Listed[], string>();
    await mapLimit(filesAtOnce, runs, async (run) => {
      const own = run.at(-1);
      // Runs that were imported before have a checkpoint.
      if (own?.file.role !== "runs" || own.checkpoint) return;
      const runId = await unbegunRunIn(own.file);
      if (runId === undefined) return;
      ids.set(run, runId);
      this.files.set(runId, run);
    });
    const begun = await this.leaveOut(tally, [...ids.values()]);
    return runs.filter((run) => !begun.has(ids.get(run) ?? ""));
  }

  /** Leaves out runs that a worker began in MongoDB, even while they were written, and returns them. */
  async leaveOut(tally: Tally, runIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { sides, files } = this;
    const late = runIds.filter((runId) => files.has(runId));
    if (late.length === 0) return new Set();
    const known = [...(await idsAmong(sides, "runs", late))];
    const bases = await readMergeBases(mergeBasesIn(sides.database), new Map([["runs", known]]));
    const begun = known.filter((runId) => {
      const base = bases.get("runs")?.get(runId);
      // A withdrawn announcement leaves an empty merge base.
      return !base || (!base.agreed && isSettled(base));
    });
    for (const runId of begun) {
      const run = files.get(runId) ?? [];
      await supersede(
        sides,
        run.map(({ file }) => file),
      );
      files.delete(runId);
      addCase(tally.begunInMongo, runId);
    }
    return new Set(begun);
  }
}

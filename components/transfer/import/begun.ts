import {
  fileBaseNames,
  idInside,
  isUnbegun,
  mapLimit,
  readableRunIn,
  supersede,
} from "../../state";
import { basesIn, readBases } from "../bases";
import { idsAmong } from "../documents";
import type { BothSides } from "../sides";
import { type Tally, keep } from "../tally";
import { type Listed, looksAtOnce } from "./read-file";

/**
 * Leaves out the runs that a worker on MongoDB began from their jobs: web wrote their files after the handover, no step is
 * begun there, and MongoDB has them without a base. Their files, log and parts included, go to `superseded/`, so that
 * MongoDB's side counts in every later comparison and in a rollback. Call it only in the final pass.
 */
export async function leaveOutBegun(
  sides: BothSides,
  tally: Tally,
  runs: readonly Listed[][],
): Promise<readonly Listed[][]> {
  const unbegun = new Map<string, Listed[]>();
  await mapLimit(looksAtOnce, runs, async (run) => {
    const own = run.at(-1);
    // What was imported before has a checkpoint.
    if (own?.file.role !== "runs" || own.checkpoint) return;
    const { file } = own;
    const found = await readableRunIn(file);
    if (!found || !isUnbegun(found)) return;
    const runId = idInside(found);
    const isOwn = runId !== undefined && fileBaseNames(runId).includes(file.baseName);
    if (isOwn) unbegun.set(runId, run);
  });
  if (unbegun.size === 0) return runs;
  const known = await idsAmong(sides, "runs", [...unbegun.keys()]);
  const bases = await readBases(basesIn(sides.database), new Map([["runs", [...known]]]));
  const left = new Set<Listed[]>();
  for (const runId of known) {
    const run = unbegun.get(runId) ?? [];
    if (bases.get("runs")?.has(runId)) continue;
    await supersede(
      sides,
      run.map(({ file }) => file),
    );
    keep(tally.begunInMongo, runId);
    left.add(run);
  }
  return runs.filter((run) => !left.has(run));
}

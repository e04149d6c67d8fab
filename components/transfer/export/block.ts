import { fileStems, rolesIn } from "../../state";
import { atOnce } from "../ahead";
import { exportFile } from "./file";
import { exportLog } from "./log";
import type { PartRole } from "./look";
import { settleBases } from "../bases";
import { ExportTally } from "./report";
import { type ExportSides, type ExportTask, type RunInMongo, onBases } from "./run";

/** So many runs are written at once. */
const runsAtOnce = 8;

/**
 * Brings runs to files, several at once, and counts what became of each.
 *
 * @param own where the runs' own records go
 * @returns the runs whose own file is not right now: there is a conflict, or it cannot be written
 */
export async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  own = task.sides,
): Promise<string[]> {
  const tallies = new Map<RunInMongo, ExportTally>();
  await atOnce(runsAtOnce, groupsOf(block), async (runs) => {
    for (const run of runs) tallies.set(run, await exportRun(task, run, own));
  });
  const settled = task.settled.splice(0);
  await onBases(task, (bases) => settleBases(bases, settled));
  // In the order of the runs, whichever was done first.
  return block.flatMap((run) => {
    const tally = tallies.get(run) ?? new ExportTally();
    task.tally.add(tally);
    const { conflicts, unwritable } = tally.counts.runs;
    return conflicts + unwritable > 0 ? [run.runId] : [];
  });
}

/** Runs that may have the same file names are done one after the other. */
function groupsOf(block: readonly RunInMongo[]): RunInMongo[][] {
  const groups = new Map<string, RunInMongo[]>();
  for (const run of block) {
    const name = fileStems(run.runId).at(-1) ?? run.runId;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(run);
  }
  return [...groups.values()];
}

/** A service on files sees all that belongs to a run before the run. */
async function exportRun(
  task: ExportTask,
  run: RunInMongo,
  own: ExportSides,
): Promise<ExportTally> {
  const tally = new ExportTally();
  for (const role of partRoles(task.sides)) await exportPart({ ...task, tally }, role, run);
  await exportFile({ ...task, tally, sides: own }, "runs", run);
  return tally;
}

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}

function exportPart(task: ExportTask, role: PartRole, run: RunInMongo): Promise<void> {
  return role === "logs" ? exportLog(task, run) : exportFile(task, role, run);
}

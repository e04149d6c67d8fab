import { atOnce, fileStems, rolesIn } from "../../state";
import { exportFile } from "./file";
import { exportLog } from "./log";
import type { PartRole } from "./look";
import { settleBases } from "../bases";
import { ExportTally } from "./report";
import { type ExportSides, type ExportTask, type RunInMongo, onBases } from "./run";

/** So many runs are written at once. */
const runsAtOnce = 8;

/** What became of a run. */
export interface ExportedRun {
  readonly runId: string;
  readonly tally: ExportTally;
  /** Whether its own file is not right now: there is a conflict, or it cannot be written. */
  readonly isBehind: boolean;
}

/**
 * Brings runs to files, several at once.
 *
 * @param own where the runs' own records go
 * @returns in the order of the runs, whichever was done first
 */
export async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  own = task.sides,
): Promise<ExportedRun[]> {
  const done = new Map<RunInMongo, ExportedRun>();
  await atOnce(runsAtOnce, groupsOf(block), async (runs) => {
    for (const run of runs) done.set(run, await exportRun(task, run, own));
  });
  const settled = task.settled.splice(0);
  await onBases(task, (bases) => settleBases(bases, settled));
  return block.flatMap((run) => done.get(run) ?? []);
}

/** Runs that may have the same file names are done one after the other. */
function groupsOf(block: readonly RunInMongo[]): RunInMongo[][] {
  const groups = new Map<string, RunInMongo[]>();
  for (const run of block) {
    const name = fileName(run);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(run);
  }
  return [...groups.values()];
}

/** What the files of a run may be called: runs that share it are brought to files in their order. */
export function fileName({ runId }: RunInMongo): string {
  return fileStems(runId).at(-1) ?? runId;
}

/** A service on files sees all that belongs to a run before the run. */
async function exportRun(
  task: ExportTask,
  run: RunInMongo,
  own: ExportSides,
): Promise<ExportedRun> {
  const tally = new ExportTally();
  for (const role of partRoles(task.sides)) await exportPart({ ...task, tally }, role, run);
  await exportFile({ ...task, tally, sides: own }, "runs", run);
  const { conflicts, unwritable } = tally.counts.runs;
  return { runId: run.runId, tally, isBehind: conflicts + unwritable > 0 };
}

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}

function exportPart(task: ExportTask, role: PartRole, run: RunInMongo): Promise<void> {
  return role === "logs" ? exportLog(task, run) : exportFile(task, role, run);
}

import { atOnce, fileStems, readableKey, rolesIn } from "../../state";
import { settleBases } from "../bases";
import { Tally } from "../tally";
import { exportFile } from "./file";
import { exportLog } from "./log";
import {
  type ExportSides,
  type ExportTask,
  type PartRole,
  type RunInMongo,
  type Turns,
  keepBases,
} from "./run";

const runsAtOnce = 8;

/** What became of a run. */
export interface ExportedRun {
  readonly runId: string;
  readonly tally: Tally;
  /** Whether its own file is not right now: there is a conflict, or it cannot be written. */
  readonly isBehind: boolean;
}

/**
 * Brings runs to files, several at once. Of runs that may have one file name the first gets it, also if
 * they are in blocks that are at work at the same time.
 *
 * @param own where the runs' own records go
 * @returns in the order of the runs, whichever was done first
 */
export async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  own = task.sides,
): Promise<ExportedRun[]> {
  // By what the files of a run may be called.
  const nameOf = ({ runId }: RunInMongo) => fileStems(runId).at(-1) ?? runId;
  const waiting = block.map((run) => ({ run, turn: takeTurn(task.turns, nameOf(run)) }));
  try {
    const done = await atOnce(runsAtOnce, waiting, async ({ run, turn }) => {
      await turn.before;
      return exportRun(task, run, own).finally(turn.end);
    });
    const settled = task.settled.splice(0);
    const areKept = await keepBases(task, (bases) => settleBases(bases, "disk", settled));
    if (!areKept) task.lists.withoutBase.push(...settled.map(({ key }) => readableKey(key)));
    return done;
  } finally {
    for (const { turn } of waiting) turn.end();
  }
}

/** A turn behind the last one that was taken for a name. It has to end, whatever becomes of the work. */
function takeTurn(turns: Turns, name: string) {
  const before = turns.get(name);
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  turns.set(name, ended);
  void ended.then(() => turns.get(name) === ended && turns.delete(name));
  return { before, end };
}

/** A service on files sees all that belongs to a run before the run. */
async function exportRun(
  task: ExportTask,
  run: RunInMongo,
  own: ExportSides,
): Promise<ExportedRun> {
  const tally = new Tally();
  for (const role of partRoles(task.sides)) {
    if (role === "logs") await exportLog({ ...task, tally }, run);
    else await exportFile({ ...task, tally }, role, run);
  }
  await exportFile({ ...task, tally, sides: own }, "runs", run);
  const { conflicts, unwritable } = tally.counts.runs;
  return { runId: run.runId, tally, isBehind: conflicts + unwritable > 0 };
}

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}

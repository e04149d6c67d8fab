import type { Document, Filter } from "mongodb";
import { mkdir } from "node:fs/promises";
import {
  type RunFile,
  mapOrdered,
  mapLimit,
  blocksOf,
  completeMoves,
  fileBaseNames,
  listHeldRuns,
  unholdRuns,
  readableKey,
  requireInside,
  toConflictsAddress,
  toHeldAddress,
} from "../../state";
import { runsWithBase, basesIn, settleBases } from "../bases";
import { idsAmong, mayExecute, runIdsIn } from "../documents";
import type { ExportReport } from "../reports";
import { Tally } from "../tally";
import { takeTurn } from "../turns";
import { exportFile } from "./file";
import { findLeftover, saveLeftover, selectLeftover } from "./leftover";
import { exportLog } from "./log";
import {
  type ExportSides,
  type ExportTask,
  type OwnRecord,
  type PartRole,
  type RunInMongo,
  blocksOfRuns,
  keepBases,
  lookUp,
  partRoles,
  refuseRun,
} from "./run";

/**
 * Writes to files what changed in MongoDB since it was imported, by the merge rules: what has no
 * file, and what changed only in MongoDB. A file that changed too is never overwritten: MongoDB's
 * content goes to a conflict copy. Every file is there complete or as it was before. Nothing is deleted on
 * either side. A second export writes nothing. Runs that were held come back first.
 *
 * @throws StateFolderError before anything is written, if the layout leads out of the root
 * @throws WriteError if files cannot be written at all
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 */
export async function exportState(sides: ExportSides): Promise<ExportReport> {
  await mkdir(sides.root, { recursive: true });
  await requireInside(sides);
  const tally = new Tally();
  sides.watch?.(tally);
  const trouble = sides.isUnconfirmed ? "no majority has what was read" : undefined;
  const bases = { collection: basesIn(sides.database), trouble };
  const conflicts = toConflictsAddress(sides);
  const lists = { withoutBase: [], returned: [], stillHeld: [], destinationTaken: [], stale: [] };
  const { isBulk = false, openFence } = sides;
  const leftover = isBulk ? await findLeftover(sides) : undefined;
  const unresolved: string[] = [];
  const kept = { unsettled: [], unresolved, turns: new Map() };
  await exportAll({ sides, conflicts, bases, tally, lists, ...kept }, await selectRuns(sides));
  if (leftover && openFence !== undefined) {
    const runs = [...leftover.runs, ...unresolved];
    await saveLeftover(sides, openFence, { ...leftover, runs });
  }
  const { files, bytes, elapsedMs, conflicts: changed, unwritable } = tally;
  const outcomes = ["written", "unchanged", "newerOnDisk", "conflicts", "unwritable"] as const;
  return {
    files,
    bytes,
    elapsedMs,
    ...tally.countsOf("documents", ...outcomes),
    conflicts: changed,
    unwritable,
    ...lists,
    ...(bases.trouble && { baseTrouble: bases.trouble }),
  };
}

function selectRuns(sides: ExportSides): Filter<Document> | Promise<Filter<Document>> {
  const { isBulk, openFence } = sides;
  // A log that is being written may lack an entry for a moment, and a run its log.
  if (isBulk) return { $nor: [mayExecute] };
  return openFence === undefined ? {} : selectLeftover(sides, openFence);
}

/** Runs, and what has no run: to find that, MongoDB reads all parts, which takes its time. */
async function exportAll(task: ExportTask, filter: Filter<Document>): Promise<void> {
  const held = await exportHeldRuns(task);
  const roles = partRoles(task.sides);
  const { isBulk = false } = task.sides;
  const runs = blocksOfRuns(task.sides, filter, (runId) => !held.has(runId));
  const works = [
    () => exportBlocks(task, runs, roles),
    ...(isBulk ? [] : roles).map((role) => () => {
      return exportBlocks(task, orphansOf(task, role), [role]);
    }),
    async () => {
      const had = runsWithBase(task.bases.collection, task.sides);
      for await (const gone of unknownAmong(task.sides, had)) task.lists.stale.push(...gone);
    },
  ];
  await mapLimit(works.length, works, (work) => work());
}

const heldAtOnce = 500;

/**
 * Restores held runs. If MongoDB has a run, its held file is updated by the merge rules before it returns to its
 * place. A run that MongoDB does not have stays held, because this MongoDB may be a new one; so does a conflict, whose
 * file must not be executed.
 *
 * @returns the ids of the runs that were dealt with here
 */
async function exportHeldRuns(task: ExportTask): Promise<ReadonlySet<string>> {
  // A file under both names would be written under the held one, and stay stale in its place.
  const held = await completeMoves(task.sides, await listHeldRuns(task.sides));
  for (let at = 0; at < held.length; at += heldAtOnce) {
    const some = held.slice(at, at + heldAtOnce);
    const stuck = await exportInPlace(task, some);
    const ready = some.filter(({ runId }) => !stuck.has(runId));
    const { runs, destinationTaken } = await unholdRuns(task.sides, ready);
    task.lists.returned.push(...runs);
    task.lists.stillHeld.push(...stuck, ...destinationTaken);
    task.lists.destinationTaken.push(...destinationTaken);
  }
  return new Set(held.filter(isNamedAfterRun).map(({ runId }) => runId));
}

// A file of another name is not the one that the run's export would write.
function isNamedAfterRun({ runId, file }: RunFile): boolean {
  return fileBaseNames(runId).includes(file.baseName);
}

async function exportInPlace(task: ExportTask, held: readonly RunFile[]): Promise<Set<string>> {
  const { sides } = task;
  const files = new Map(held.map((one) => [one.runId, one]));
  const stuck = new Set(files.keys());
  const isWritten = (runId: string) => {
    const file = files.get(runId);
    const named = file !== undefined && isNamedAfterRun(file);
    if (!named) stuck.add(runId);
    return named;
  };
  const wanted: object = { _id: { $in: [...files.keys()] } };
  for await (const block of blocksOfRuns(sides, wanted, isWritten)) {
    const found = await lookUp(task, block, partRoles(sides));
    for (const done of await exportBlock(task, found, toHeldAddress(sides))) {
      task.tally.add(done.tally);
      if (done.isStale) stuck.add(done.runId);
      else stuck.delete(done.runId);
    }
  }
  return stuck;
}

/** The number of blocks that are asked for at once: a server 50 ms away costs little. */
const blocksAhead = 4;

/** The number of blocks that are written at once: a block has few runs to write, each with some five round trips. */
const blocksWritten = 8;

async function exportBlocks(
  task: ExportTask,
  blocks: AsyncIterable<readonly OwnRecord[]>,
  roles: readonly PartRole[],
): Promise<void> {
  const found = mapOrdered(blocks, blocksAhead, (block) => lookUp(task, block, roles));
  const write = (block: readonly RunInMongo[]) => exportBlock(task, block);
  for await (const runs of mapOrdered(found, blocksWritten, write)) {
    for (const { runId, tally, isStale } of runs) {
      task.tally.add(tally);
      if (isStale) task.lists.stale.push(runId);
      const counts = Object.values(tally.counts);
      const isResolved = counts.every(({ conflicts, unwritable }) => conflicts + unwritable === 0);
      if (!isResolved) task.unresolved.push(runId);
    }
  }
}

const runsAtOnce = 8;

/** What became of a run. */
interface ExportedRun {
  readonly runId: string;
  readonly tally: Tally;
  /** Whether its own file is stale: it is in conflict, or cannot be written. */
  readonly isStale: boolean;
}

/**
 * Brings runs to files, several at once. Of runs that may have one file name the first gets it, also if
 * they are in blocks that are at work at the same time.
 *
 * @param own where the runs' own records go
 * @returns in the order of the runs, whichever was done first
 */
async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  own = task.sides,
): Promise<ExportedRun[]> {
  // By what the files of a run may be called.
  const nameOf = ({ runId }: RunInMongo) => fileBaseNames(runId).at(-1) ?? runId;
  const waiting = block.map((run) => ({ run, turn: takeTurn(task.turns, [nameOf(run)]) }));
  try {
    const done = await mapLimit(runsAtOnce, waiting, async ({ run, turn }) => {
      await turn.before;
      return exportRun(task, run, own).finally(turn.end);
    });
    const agreed = task.unsettled.splice(0);
    const areKept = await keepBases(task, (bases) => settleBases(bases, "disk", agreed));
    if (!areKept) task.lists.withoutBase.push(...agreed.map(({ key }) => readableKey(key)));
    return done;
  } finally {
    for (const { turn } of waiting) turn.end();
  }
}

/** A service on files sees all that belongs to a run before the run. */
async function exportRun(
  task: ExportTask,
  run: RunInMongo,
  own: ExportSides,
): Promise<ExportedRun> {
  const tally = new Tally();
  try {
    if (run.refusal) throw run.refusal;
    for (const role of partRoles(task.sides)) {
      if (role === "logs") await exportLog({ ...task, tally }, run);
      else await exportFile({ ...task, tally }, role, run);
    }
    await exportFile({ ...task, tally, sides: own }, "runs", run);
  } catch (error) {
    tally.refuseDocument("runs", run.runId, refuseRun(error));
  }
  const { conflicts, unwritable } = tally.counts.runs;
  return { runId: run.runId, tally, isStale: conflicts + unwritable > 0 };
}

/** The number of ids that are looked for at once. */
const idsAtOnce = 5_000;

/** The number of runs in a block that MongoDB does not have. */
const orphansInBlock = 250;

async function* orphansOf({ sides }: ExportTask, role: PartRole): AsyncGenerator<OwnRecord[]> {
  for await (const orphans of unknownAmong(sides, runIdsIn(sides, role))) {
    for (let at = 0; at < orphans.length; at += orphansInBlock) {
      yield orphans.slice(at, at + orphansInBlock).map((runId) => ({ runId }));
    }
  }
}

function unknownAmong(sides: ExportSides, runIds: AsyncIterable<string>): AsyncGenerator<string[]> {
  return mapOrdered(blocksOf(runIds, idsAtOnce), blocksAhead, async (some) => {
    const known = await idsAmong(sides, "runs", some);
    return some.filter((runId) => !known.has(runId));
  });
}

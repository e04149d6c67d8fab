import {
  type FoundFile,
  type RunOnDisk,
  type StateAddress,
  mapOrdered,
  mapLimit,
  Refusal,
  findRunId,
  plainRunId,
  runsNamed,
  runsOnDisk,
  statByOpening,
  statsAtOnce,
  unreadable,
} from "../../state";
import { type CollectionRole, collectionRoles } from "../../contract";
import { type Checkpoints, type RunCheckpoints, converterOf } from "../checkpoints";
import type { Tally } from "../tally";
import { type FileRecords, type RunGroup, batchBytes, groupRuns } from "./batches";
import { type From, type Listed, isImported, isUntouched, openFile, readRecords } from "./file";

/** A selection of runs, and of their files. */
export interface OnlyRuns {
  readonly names: readonly string[];
  readonly roles: readonly CollectionRole[];
}

/** The reading of a state directory. */
interface DiskScan {
  readonly address: StateAddress & { readonly signal?: AbortSignal | undefined };
  /** Counts records and bytes, and receives refused records. */
  readonly tally: Tally;
  readonly from: From;
  /** The checkpoints of earlier imports; without them every file is read from its start. */
  readonly checkpoints?: Pick<Checkpoints, "read"> | undefined;
  /** Collections without documents: their checkpoints do not count. Default: none. */
  readonly empty?: ReadonlySet<CollectionRole>;
  /** Reads only runs whose files have these base names, and of them only these roles, the run's own last. */
  readonly only?: OnlyRuns | undefined;
  /** Receives the base names of the runs whose own file or approvals were read. */
  readonly readNames?: Set<string> | undefined;
  /** `fresh` opens files that may have changed lately, because a stat may come from a cache. Default: `listed`. */
  readonly stats?: "listed" | "fresh";
  /** Selects the runs to read, before one of their files is read. Default: all. */
  readonly select?: ((runs: readonly Listed[][]) => Promise<readonly Listed[][]>) | undefined;
}

/** Reads the records of all runs on disk, in groups of whole runs. A run's own record follows its parts. */
export async function* groupsOnDisk(scan: DiskScan): AsyncGenerator<RunGroup> {
  const { tally, from, address } = scan;
  let files: Listed[] = [];
  let runs = 0;
  let bytes = 0;
  const takeGroup = (): RunGroup => {
    const group = { bytes, chunks: readFiles(files, scan) };
    files = [];
    runs = 0;
    bytes = 0;
    return group;
  };
  for await (const block of listRuns(scan)) {
    for (const run of block) {
      address.signal?.throwIfAborted();
      const wanted = run.filter((one) => {
        const { file, checkpoint } = one;
        if (from !== "checkpoints" || !checkpoint || !isImported(one)) return true;
        tally.files += 1;
        tally.resume(file.role, checkpoint);
        return false;
      });
      if (wanted.length === 0) continue;
      const more = wanted.reduce((sum, one) => sum + bytesToRead(one, from), 0);
      if (runs >= groupRuns || (runs > 0 && bytes + more > batchBytes)) yield takeGroup();
      files.push(...wanted);
      runs += 1;
      bytes += more;
    }
  }
  if (runs > 0) yield takeGroup();
}

function bytesToRead({ file: { role, stat }, checkpoint }: Listed, from: From): number {
  const done = role === "logs" && from === "checkpoints" && checkpoint ? checkpoint.offset : 0;
  // A file without a stat has no size.
  return stat.size >= done ? stat.size - done : stat.size || 0;
}

const blocksAtOnce = 4;

async function* listRuns(scan: DiskScan): AsyncGenerator<readonly Listed[][]> {
  const { address, tally, from, checkpoints, empty, only, stats, select } = scan;
  const ignored = new Set<keyof RunCheckpoints>(from === "start" ? collectionRoles : empty);
  if (empty?.has("logs")) ignored.add("beginning");
  const converters = new Map(
    collectionRoles.map((role) => [role, converterOf({ role, forms: address.forms })]),
  );
  const blocks = only
    ? runsNamed(address, only.names, only.roles)
    : runsOnDisk(address, tally.skipped);
  yield* mapOrdered(blocks, blocksAtOnce, async (runs) => {
    const names = runs.map(({ baseName }) => baseName);
    const all = await checkpoints?.read(names, ignored);
    const knownOf = (baseName: string) => all?.get(baseName) ?? {};
    const looked =
      stats === "fresh"
        ? await mapLimit(statsAtOnce, runs, (run) => lookAgain(run, knownOf(run.baseName)))
        : runs;
    const ids = await findIds(address, looked, knownOf);
    const listed = looked.map(({ baseName, files }, at) => {
      const known = knownOf(baseName);
      return files.map((file) => {
        const beginning = file.role === "logs" ? known.beginning : undefined;
        const own = known[file.role];
        const checkpoint = own?.converter === converters.get(file.role) ? own : undefined;
        return { file, checkpoint, beginning, id: ids[at] };
      });
    });
    return select ? select(listed) : listed;
  });
}

/** Maximum time that a file's attributes are cached, in ms (nfs(5), `acregmax`). */
const cachedMs = 60_000;

/** Opens each file for a fresh stat, except of a run that was finished when imported and is older than any cached stat. */
async function lookAgain({ baseName, files }: RunOnDisk, { runs }: RunCheckpoints) {
  const isFinished = files.at(-1)?.role === "runs" && runs?.unfinished === 0;
  const look = async (file: FoundFile) => {
    const { modified, changed, seen } = file.stat;
    if (isFinished && seen - Math.max(modified, changed) > cachedMs) return file;
    return { ...file, stat: (await statByOpening(file.path)) ?? file.stat };
  };
  return { baseName, files: await Promise.all(files.map(look)) };
}

/** Finds the runs' ids. A run's own file that is as it was imported is not read for that. */
async function findIds(
  address: StateAddress,
  runs: readonly RunOnDisk[],
  knownOf: (baseName: string) => RunCheckpoints,
): Promise<Listed["id"][]> {
  const ids: Listed["id"][] = runs.map(({ baseName, files }) => {
    const { runs: checkpoint } = knownOf(baseName);
    const own = files.at(-1);
    const isKnown = own?.role === "runs" && checkpoint && isUntouched(own.stat, checkpoint);
    return isKnown ? checkpoint.runId : plainRunId(baseName);
  });
  const unknown = [...runs.entries()].filter(([at]) => ids[at] === undefined);
  await mapLimit(statsAtOnce, unknown, async ([at, { baseName }]) => {
    ids[at] = await findRunId(address, baseName).catch(unreadable);
  });
  return ids;
}

/** The number of files of a group that are opened together, because a network volume is slow. */
const filesAtOnce = 64;

async function* readFiles(files: readonly Listed[], scan: DiskScan): AsyncGenerator<FileRecords> {
  const { tally, readNames, from } = scan;
  const all = await mapLimit(filesAtOnce, files, (one) => openFile(one, from));
  for (const [at, { file }] of files.entries()) {
    const opened = all[at];
    if (opened === undefined) {
      tally.changedFiles += 1;
      continue;
    }
    tally.files += 1;
    if (opened instanceof Refusal) tally.refuse(file.role, { file: file.name }, opened);
    else if (opened.imported) tally.resume(file.role, opened.imported);
    const isNew = opened instanceof Refusal || opened.start !== undefined;
    if (isNew && (file.role === "runs" || file.role === "approvals")) readNames?.add(file.baseName);
    if (!(opened instanceof Refusal) && opened.start) yield* readRecords(opened, tally);
  }
}

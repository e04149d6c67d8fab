import {
  type FoundFile,
  type RunOnDisk,
  type StateAddress,
  mapOrdered,
  mapLimit,
  findRunId,
  runsNamed,
  runsOnDisk,
  stampByOpening,
} from "../../state";
import { type CollectionRole, byRole } from "../../contract";
import { type Checkpoints, type RunCheckpoints, converterOf } from "../checkpoints";
import type { Tally } from "../tally";
import { type FileRecords, type RunGroup, groupBytes } from "./pipeline";
import {
  type Listed,
  isImported,
  isUntouched,
  looksAtOnce,
  openFile,
  readRecords,
  unreadable,
} from "./read-file";

/** Some runs, and which of their files. */
export interface OnlyRuns {
  readonly names: readonly string[];
  readonly roles: readonly CollectionRole[];
}

/** What is read of a state directory. */
export interface Reading {
  readonly address: StateAddress;
  /** Counts what is read, and gets what is refused on the way. */
  readonly tally: Tally;
  /** Reads only runs whose files have these base names, and of them only these roles, the run's own last. */
  readonly only?: OnlyRuns | undefined;
  /** Receives the base names of the runs whose own file or approvals were read. */
  readonly readNames?: Set<string> | undefined;
  /** What earlier imports did; without it every file is read from its beginning. */
  readonly checkpoints?: Pick<Checkpoints, "read"> | undefined;
  /** Opens files that may have changed lately, because a stat may come from a cache. Default: false. */
  readonly shouldBypassCache?: boolean;
  /** Reads only the files that are as they were imported, and counts the others. Default: false. */
  readonly isProof?: boolean;
  /** Selects the runs to read, before one of their files is read. Default: all. */
  readonly select?: ((runs: readonly Listed[][]) => Promise<readonly Listed[][]>) | undefined;
}

/** With `groupBytes` the limit of a group, which becomes one batch. */
const groupRuns = 256;

/**
 * The records of all runs on disk, through read, parse, convert and check, in groups of whole runs. A
 * run's own record follows what belongs to it. With checkpoints, only what is new since then.
 */
export async function* groupsOnDisk(reading: Reading): AsyncGenerator<RunGroup> {
  const { tally, isProof = false } = reading;
  let files: Listed[] = [];
  let runs = 0;
  let bytes = 0;
  const takeGroup = (): RunGroup => {
    const group = { bytes, chunks: readFiles(files, reading) };
    files = [];
    runs = 0;
    bytes = 0;
    return group;
  };
  for await (const block of listRuns(reading)) {
    for (const run of block) {
      const wanted = run.filter((one) => {
        const { file, checkpoint } = one;
        if (isProof || !checkpoint || !isImported(one)) return true;
        tally.files += 1;
        tally.resume(file.role, checkpoint);
        return false;
      });
      if (wanted.length === 0) continue;
      const more = wanted.reduce((sum, one) => sum + bytesToRead(one, isProof), 0);
      if (runs >= groupRuns || (runs > 0 && bytes + more > groupBytes)) yield takeGroup();
      files.push(...wanted);
      runs += 1;
      bytes += more;
    }
  }
  if (runs > 0) yield takeGroup();
}

function bytesToRead({ file: { role, stamp }, checkpoint }: Listed, isProof: boolean): number {
  const done = role === "logs" && !isProof && checkpoint ? checkpoint.offset : 0;
  // A file that cannot be looked at has no size.
  return stamp.size >= done ? stamp.size - done : stamp.size || 0;
}

const blocksAtOnce = 4;

async function* listRuns(reading: Reading): AsyncGenerator<readonly Listed[][]> {
  const { address, tally, only, checkpoints, shouldBypassCache = false, select } = reading;
  const converters = byRole((role) => converterOf({ role, forms: address.forms }));
  const blocks = only
    ? runsNamed(address, only.names, only.roles)
    : runsOnDisk(address, tally.skipped);
  yield* mapOrdered(blocks, blocksAtOnce, async (runs) => {
    const all = await checkpoints?.read(runs.map(({ baseName }) => baseName));
    const knownOf = (baseName: string) => all?.get(baseName) ?? {};
    const looked = shouldBypassCache
      ? await mapLimit(looksAtOnce, runs, (run) => lookAgain(run, knownOf(run.baseName)))
      : runs;
    const ids = await findIds(address, looked, knownOf);
    const listed = looked.map(({ baseName, files }, at) => {
      const known = knownOf(baseName);
      return files.map((file) => {
        const beginning = file.role === "logs" ? known.beginning : undefined;
        const own = known[file.role];
        const checkpoint = own?.converter === converters[file.role] ? own : undefined;
        return { file, checkpoint, beginning, id: ids[at] };
      });
    });
    return select ? select(listed) : listed;
  });
}

/** Attributes of a file are cached for so long at most, in ms (nfs(5), `acregmax`). */
const cachedMs = 60_000;

/** Opens each file for a fresh stat, except of a run that was finished when imported and is older than any cached stat. */
async function lookAgain({ baseName, files }: RunOnDisk, { runs }: RunCheckpoints) {
  const isFinished = files.at(-1)?.role === "runs" && runs?.unfinished === 0;
  const look = async (file: FoundFile) => {
    const { modified, changed, seen } = file.stamp;
    if (isFinished && seen - Math.max(modified, changed) > cachedMs) return file;
    return { ...file, stamp: (await stampByOpening(file.path)) ?? file.stamp };
  };
  return { baseName, files: await Promise.all(files.map(look)) };
}

/** The runs' ids. A run's own file that is as it was imported is not read for that. */
async function findIds(
  address: StateAddress,
  runs: readonly RunOnDisk[],
  knownOf: (baseName: string) => RunCheckpoints,
): Promise<Listed["id"][]> {
  const ids: Listed["id"][] = runs.map(({ baseName, files }) => {
    const { runs: checkpoint } = knownOf(baseName);
    const own = files.at(-1);
    const isKnown = own?.role === "runs" && checkpoint && isUntouched(own.stamp, checkpoint);
    return isKnown ? checkpoint.runId : undefined;
  });
  const unknown = [...runs.entries()].filter(([at]) => ids[at] === undefined);
  await mapLimit(looksAtOnce, unknown, async ([at, { baseName }]) => {
    ids[at] = await findRunId(address, baseName).catch(unreadable);
  });
  return ids;
}

/** The number of files of a group that are opened together: a volume across a network takes its time. */
const filesAtOnce = 64;

async function* readFiles(
  files: readonly Listed[],
  { tally, readNames, isProof = false }: Reading,
): AsyncGenerator<FileRecords> {
  const open = (one: Listed) => openFile(one, isProof);
  for (const opened of await mapLimit(filesAtOnce, files, open)) {
    const { file, part } = opened;
    // Part `proof` means that the file is as it was imported.
    if (isProof && part !== "proof") {
      tally.changedFiles += 1;
      continue;
    }
    tally.files += 1;
    if (part === "unreadable") tally.refuse(file.role, { file: file.name }, opened.refusal);
    if ("imported" in opened) tally.resume(file.role, opened.imported);
    const isOwn = file.role === "runs" || file.role === "approvals";
    if (isOwn && part !== "nothing") readNames?.add(file.baseName);
    if ("start" in opened) yield* readRecords(opened, tally);
  }
}

import type { Document, Filter } from "mongodb";
import { posix } from "node:path";
import { fileBaseNames, fileOf, isUnfinished, listHeldRuns, runIdOf } from "../../state";
import { Checkpoints } from "../checkpoints";
import { findUnfinishedRuns, reading } from "../documents";
import { describePair, describeRefused, describeRun } from "../describe/unfinished";
import { type Pair, pairsOf } from "../pairs";
import type { UnequalRun, UnfinishedRuns } from "../reports";
import type { BothSides } from "../sides";
import { Tally } from "../tally";
import { groupsOnDisk } from "./groups";
import { importState } from "./import";
import { type Batch, workOn } from "./pipeline";

/** A pass that a fence follows. */
type GuardedPass = "bulk" | "delta";

/** What is compared of a run, its own file last. */
const comparedRoles = ["approvals", "runs"] as const;

/** What a delta pass looks at besides the runs that were unfinished when they were imported. */
export interface DeltaLook {
  /** The base names of the files that it read. */
  readonly readNames: ReadonlySet<string>;
  /** By `updatedLately`, before it imported anything: hours may have passed since the bulk pass. */
  readonly lately: Filter<Document>;
}

/** How often runs that are not the same are imported again before the cutover stops. */
const maxImports = 3;

/**
 * Asks what a worker on MongoDB would execute: each run that one side has unfinished is to be the same on both sides,
 * with its approvals. What is not is imported again, up to three times. A held run is left out with its parts.
 *
 * Before the drain all documents are looked at, and a file that changed since its import is left to the delta pass. In
 * the delta pass the runs are those that were unfinished when they were imported, those whose files it read, and those
 * that were updated lately.
 *
 * @param delta what the delta pass looks at; absent in the bulk pass
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 */
export async function compareUnfinished(
  sides: BothSides,
  pass: GuardedPass,
  { readNames, lately }: DeltaLook = { readNames: new Set(), lately: {} },
): Promise<UnfinishedRuns> {
  const checkpoints = new Checkpoints(sides.database, sides);
  const held = new Set((await listHeldRuns(sides)).map(({ runId }) => runId));
  const imported = await checkpoints.findRuns({ "runs.unfinished": { $gt: 0 } });
  const runIds = [...imported.keys(), ...(await findUnfinishedRuns(sides, lately)).keys()];
  const wanted = candidates(runIds, imported);
  for (const runId of held) wanted.delete(runId);
  const { unequal, ...counts } = await compare(sides, pass, { wanted, held, readNames });
  const left = unequal.length === 0 ? [] : await importAgain(sides, pass, { unequal, held });
  return { ...counts, held: held.size, unequal: left };
}

/** Imports runs again that are not the same, and returns what still is not. */
async function importAgain(
  sides: BothSides,
  pass: GuardedPass,
  asked: { readonly unequal: readonly UnequalRun[]; readonly held: ReadonlySet<string> },
): Promise<readonly UnequalRun[]> {
  const { held } = asked;
  let { unequal } = asked;
  const checkpoints = new Checkpoints(sides.database, sides);
  const named = await checkpoints.findRuns({ "runs.runId": { $in: unequal.map(idOf) } });
  for (let imports = 0; unequal.length > 0 && imports < maxImports; imports += 1) {
    const wanted = candidates(unequal.map(idOf), named);
    const only = { names: [...wanted.values()].flat(), roles: comparedRoles };
    await checkpoints.forget(only.names, only.roles);
    await importState({ ...sides, pass, only });
    unequal = (await compare(sides, pass, { wanted, held })).unequal;
  }
  // If somebody deletes such a run in MongoDB, the next `up` imports it again.
  await checkpoints.forget([...candidates(unequal.map(idOf), named).values()].flat());
  return unequal;
}

const idOf = ({ runId }: UnequalRun) => runId;

/** The services' clocks differ by at most so much, in ms. */
const clockToleranceMs = 60 * 60_000;

/** Selects the documents that were updated in the hour before the newest one, or later. */
export async function updatedLately(sides: BothSides): Promise<Filter<Document>> {
  const newest = await reading(sides, "runs", (all) =>
    all.findOne({}, { sort: { updatedAt: -1 }, projection: { updatedAt: 1 } }),
  );
  const latest: unknown = newest?.updatedAt;
  // A clock that is ahead hides nothing.
  const end = Math.min(latest instanceof Date ? latest.getTime() : 0, Date.now());
  return { updatedAt: { $gte: new Date(end - clockToleranceMs) } };
}

/** The base names that the files of some runs may have. */
function candidates(
  runIds: readonly string[],
  imported: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly string[]> {
  return new Map(
    runIds.map((runId) => {
      const names = [...(imported.get(runId) ?? []), ...fileBaseNames(runId)];
      return [runId, [...new Set(names)]];
    }),
  );
}

/** What is compared: runs by their ids, with the base names that their files may have, and more files. */
interface Asked {
  readonly wanted: ReadonlyMap<string, readonly string[]>;
  readonly held: ReadonlySet<string>;
  readonly readNames?: ReadonlySet<string>;
}

async function compare(
  sides: BothSides,
  pass: GuardedPass,
  asked: Asked,
): Promise<Omit<UnfinishedRuns, "held">> {
  const { onDisk, unfinished, apart, refused } = await readPairs(sides, asked);
  const unequal: UnequalRun[] = [];
  let changed = 0;
  for (const pair of apart) {
    const runId = runIdOf(pair.disk);
    if (!unfinished.has(runId)) continue;
    if (isLeft(pair, pass)) changed += pair.disk.role === "runs" ? 1 : 0;
    else unequal.push({ runId, detail: describePair(pair) });
  }
  for (const [runId, baseName] of unfinished) {
    const approvals = refused.get(fileOf(sides, "approvals", baseName).name);
    if (approvals) unequal.push({ runId, detail: approvals });
  }
  // What they have on disk was not read: there is no file, or it was refused.
  const unread = [...asked.wanted.keys()].filter((runId) => !onDisk.has(runId));
  const documents = await findUnfinishedRuns(sides, {}, unread);
  for (const [runId, document] of documents) {
    const files = (asked.wanted.get(runId) ?? []).map((name) => fileOf(sides, "runs", name).name);
    const [file = "no file"] = files.flatMap((name) => refused.get(name) ?? []);
    unequal.push({ runId, detail: `${file}, ${describeRun(document, "in MongoDB")}` });
  }
  return { compared: unfinished.size + documents.size, changed, unequal };
}

/** Reads the files of runs and their approvals, and pairs them. */
async function readPairs(sides: BothSides, { wanted, held, readNames = new Set() }: Asked) {
  const onDisk = new Set<string>();
  /** The runs that one side has unfinished, with the base names of their files. */
  const unfinished = new Map<string, string>();
  const apart: Pair[] = [];
  const refused = new Map<string, string>();
  const tally = new Tally((record, raw) => refused.set(record.file, describeRefused(record, raw)));
  const names = [...new Set([...[...wanted.values()].flat(), ...readNames])];
  const only = { names, roles: comparedRoles.filter((role) => sides.approvals || role === "runs") };
  const groups = groupsOnDisk({ address: sides, tally, only, shouldBypassCache: true });
  const pairBatch = ({ records }: Batch) =>
    reading(sides, "runs", () => pairsOf(sides, records, { isReadOnly: true }));
  await workOn(groups, pairBatch, (pairs) => {
    for (const pair of pairs) {
      const { disk, mongo, verdict } = pair;
      const runId = runIdOf(disk);
      if (held.has(runId)) continue;
      if (verdict !== "equal") apart.push(pair);
      if (disk.role !== "runs") continue;
      onDisk.add(runId);
      if (isUnfinished(disk.document) || (mongo && isUnfinished(mongo))) {
        unfinished.set(runId, posix.basename(disk.place.file, ".json"));
      }
    }
  });
  return { onDisk, unfinished, apart, refused };
}

/** Whether a later pass imports what a file has that changed since. Web works on files until its own rollout. */
function isLeft({ disk, verdict }: Pair, pass: GuardedPass): boolean {
  if (disk.role === "runs") return pass === "bulk" && verdict === "disk";
  return verdict === "disk" || (pass === "bulk" && verdict === "onlyOnDisk");
}

import { posix } from "node:path";
import type { CollectionRole } from "../../contract";
import {
  type Key,
  baseNameOf,
  fileBaseNames,
  fileOf,
  isUnfinished,
  keyOf,
  listHeldRuns,
  runIdOf,
  supersedeHeld,
} from "../../state";
import { mergeBasesIn, readMergeBases } from "../merge-bases";
import { Checkpoints } from "../checkpoints";
import { type Batch, groupsOnDisk, workOn } from "../disk";
import { findApprovals, findUnfinishedRuns, mayExecute, reading } from "../documents";
import {
  describeOnlyInMongo,
  describePair,
  describeRefused,
  describeRun,
} from "../describe/unfinished";
import { type Pair, pairsOf } from "../pairs";
import { type UnequalRun, type UnfinishedRuns, casesOf } from "../reports";
import type { BothSides } from "../sides";
import { withForms } from "../step-forms";
import { Tally } from "../tally";
import { importState } from "./import";
import { findIds } from "./withdraw";

/** A pass before the cutover is recorded. */
type GuardedPass = "bulk" | "delta";

/** The roles of a run's compared files, its own file last. */
const comparedRoles = ["approvals", "runs"] as const;

/** The runs that a delta pass compares besides those that were unfinished when they were imported. */
export interface DeltaLook {
  /** The base names of the files that it read. */
  readonly readNames: ReadonlySet<string>;
  /** The result of `findSince` before the delta pass imported anything: hours may have passed since the bulk pass. */
  readonly since: Date;
}

/** Maximum number of times that unequal runs are imported again before the cutover stops. */
const maxImports = 3;

/**
 * Checks that a worker on MongoDB would execute the same steps: each run that is unfinished on one side must be equal
 * on both sides, with its approvals. Imports unequal runs again, up to three times. Leaves out held runs, unless they
 * have another file: then that file counts and, in the delta pass, the held copies of an equal one go to `superseded/`.
 *
 * Before the drain, it compares all documents and leaves a file that changed since its import to the delta pass. In the
 * delta pass, it compares the runs that were unfinished when they were imported, whose files the pass read, or that
 * were updated lately.
 *
 * @param delta the runs that the delta pass compares; absent in the bulk pass
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function compareUnfinished(
  given: BothSides,
  pass: GuardedPass,
  delta?: DeltaLook,
): Promise<UnfinishedRuns> {
  const sides = await withForms(given);
  const readNames = delta?.readNames ?? new Set();
  const checkpoints = new Checkpoints(sides.database, sides);
  const held = new Set((await listHeldRuns(sides)).map(({ runId }) => runId));
  const imported = await checkpoints.findUnfinished();
  const filter = delta ? { updatedAt: { $gte: delta.since } } : mayExecute;
  const runIds = [...imported.keys(), ...(await findUnfinishedRuns(sides, filter)).keys()];
  const wanted = candidates([...runIds, ...held], imported);
  const { unequal, ...counts } = await compare(sides, pass, { wanted, held, readNames });
  const asked = { unequal, imported, held, readNames };
  const left = casesOf(unequal.length === 0 ? [] : await importAgain(sides, pass, asked));
  if (left.count > 0 || pass === "bulk") return { ...counts, unequal: left };
  const superseded = await supersedeEqual(sides, held);
  return {
    ...counts,
    ...(superseded.length > 0 && { superseded: casesOf(superseded) }),
    unequal: left,
  };
}

/** Moves the held copies of runs aside whose other file is the same as MongoDB's document; returns the runs. */
async function supersedeEqual(sides: BothSides, held: ReadonlySet<string>): Promise<string[]> {
  const wanted = candidates([...held], new Map());
  const { onDisk, apart } = await readPairs(sides, "delta", { wanted });
  for (const { runId } of apart) onDisk.delete(runId);
  const equal = [...held].filter((runId) => onDisk.has(runId));
  await supersedeHeld(sides, new Set(equal));
  return equal;
}

/** Imports unequal runs again, and returns those that are still unequal. */
async function importAgain(
  sides: BothSides,
  pass: GuardedPass,
  asked: Omit<Asked, "wanted"> & {
    readonly unequal: readonly UnequalRun[];
    readonly imported: ReadonlyMap<string, readonly string[]>;
  },
): Promise<readonly UnequalRun[]> {
  let { unequal } = asked;
  const checkpoints = new Checkpoints(sides.database, sides);
  const named = new Map([...(await findNames(sides, unequal.map(idOf))), ...asked.imported]);
  for (let imports = 0; unequal.length > 0 && imports < maxImports; imports += 1) {
    const wanted = candidates(unequal.map(idOf), named);
    const only = { names: [...wanted.values()].flat(), roles: comparedRoles };
    await checkpoints.forget(only.names, only.roles);
    await importState({ ...sides, pass, only });
    unequal = (await compare(sides, pass, { ...asked, wanted })).unequal;
  }
  // If such a run is deleted in MongoDB, the next `up` imports it again.
  await checkpoints.forget([...candidates(unequal.map(idOf), named).values()].flat());
  return unequal;
}

const idOf = ({ runId }: UnequalRun) => runId;

/** Finds the base names of the files that runs had when both sides agreed, by the index on `_id`. */
async function findNames(
  sides: BothSides,
  runIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const keys = new Map([["runs" as const, runIds]]);
  const bases = await reading(sides, "runs", () =>
    readMergeBases(mergeBasesIn(sides.database), keys),
  );
  const runs = [...(bases.get("runs") ?? [])];
  return new Map(runs.map(([runId, { file = "" }]) => [runId, [posix.basename(file, ".json")]]));
}

/** The base names that the files of runs can have. */
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

/** The runs to compare: by their ids, with the base names that their files can have, and more files. */
interface Asked {
  readonly wanted: ReadonlyMap<string, readonly string[]>;
  readonly held: ReadonlySet<string>;
  readonly readNames?: ReadonlySet<string>;
}

async function compare(sides: BothSides, pass: GuardedPass, asked: Asked) {
  const { onDisk, unfinished, approvals, apart, refused, refusedRuns } = await readPairs(
    sides,
    pass,
    asked,
  );
  const ofUnfinished = apart.filter(({ runId }) => unfinished.has(runId));
  const unequal = ofUnfinished.flatMap(({ isLeft, runId, detail }): UnequalRun[] =>
    isLeft ? [] : [{ runId, detail }],
  );
  const changed = ofUnfinished.filter(({ role, isLeft }) => isLeft && role === "runs").length;
  const readable: string[] = [];
  for (const [runId, baseName] of sides.folders.approvals === undefined ? [] : unfinished) {
    const refusedFile = refused.get(fileOf(sides, "approvals", baseName).name);
    if (refusedFile) unequal.push({ runId, detail: refusedFile });
    else readable.push(runId);
  }
  for (const approval of await findApprovals(sides, readable)) {
    if (approvals.has(keyOf("approvals", approval))) continue;
    unequal.push({ runId: String(approval.runId), detail: describeOnlyInMongo(approval) });
  }
  // A pass withdraws the checkpoint of a file that it refuses, so the file itself has to name its run.
  const checkpoints = new Checkpoints(sides.database, sides);
  const ofRefused = await findIds(sides, checkpoints, [...refusedRuns]);
  const named = [...ofRefused].flatMap(([name, ids]) => ids.map((id) => [id, [name]] as const));
  const wanted = new Map([...named, ...asked.wanted]);
  // Their files were not read: there is none, or it was refused.
  const unread = [...wanted.keys()].filter((runId) => !onDisk.has(runId));
  const missing = [...(await findUnfinishedRuns(sides, unread))].flatMap(([runId, document]) => {
    const files = (wanted.get(runId) ?? []).map((name) => fileOf(sides, "runs", name).name);
    const [file] = files.flatMap((name) => refused.get(name) ?? []);
    // MongoDB continues a held run.
    if (file === undefined && asked.held.has(runId)) return [];
    return [{ runId, detail: `${file ?? "no file"}, ${describeRun(document, "in MongoDB")}` }];
  });
  const held = [...asked.held].filter((runId) => !onDisk.has(runId)).length;
  const compared = unfinished.size + missing.length;
  return { compared, changed, held, unequal: [...unequal, ...missing] };
}

/** A run, or an approval of it, that differs between the sides. */
interface Apart extends UnequalRun {
  readonly role: CollectionRole;
  /** Whether a later pass imports it. */
  readonly isLeft: boolean;
}

/** Reads the files of runs and their approvals, and pairs them. */
async function readPairs(
  sides: BothSides,
  pass: GuardedPass,
  { wanted, readNames = new Set() }: Omit<Asked, "held">,
) {
  const onDisk = new Set<string>();
  /** The runs that are unfinished on one side, with the base names of their files. */
  const unfinished = new Map<string, string>();
  const approvals = new Set<Key>();
  const apart: Apart[] = [];
  const refused = new Map<string, string>();
  const refusedRuns = new Set<string>();
  const tally = new Tally((role, record, raw) => {
    refused.set(record.file, describeRefused(record, sides, raw));
    if (role === "runs") refusedRuns.add(baseNameOf(role, record.file));
  });
  const names = [...new Set([...[...wanted.values()].flat(), ...readNames])];
  const only = { names, roles: comparedRoles.filter((role) => sides.folders[role] !== undefined) };
  const groups = groupsOnDisk({ address: sides, tally, only, from: "start", stats: "fresh" });
  const pairBatch = ({ records }: Batch) =>
    reading(sides, "runs", () => pairsOf(sides, records, "compare"));
  await workOn(groups, pairBatch, (pairs) => {
    for (const pair of pairs) {
      const { disk, mongo, verdict } = pair;
      const runId = runIdOf(disk);
      const { role } = disk;
      if (role === "approvals") approvals.add(disk.key);
      if (verdict !== "equal") {
        apart.push({ runId, role, detail: describePair(pair), isLeft: isLeft(pair, pass) });
      }
      if (role !== "runs") continue;
      onDisk.add(runId);
      if (isUnfinished(disk.document) || (mongo && isUnfinished(mongo))) {
        unfinished.set(runId, posix.basename(disk.location.file, ".json"));
      }
    }
  });
  return { onDisk, unfinished, approvals, apart, refused, refusedRuns };
}

/** Whether a later pass imports a file that changed since. Web works on files until its own rollout. */
function isLeft({ disk, verdict }: Pair, pass: GuardedPass): boolean {
  if (disk.role === "runs") return pass === "bulk" && verdict === "disk";
  return verdict === "disk" || (pass === "bulk" && verdict === "onlyOnDisk");
}

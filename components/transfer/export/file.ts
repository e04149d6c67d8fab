import {
  type WholeFilePlace,
  type WholeFileRole,
  differingPaths,
  keyOf,
  lookAt,
  placeOf,
  readableKey,
  refusalIn,
  stemNamed,
} from "../../state";
import { type NewBase, isAgreed, settleBases } from "../bases";
import { documentIn, documentsAsStored } from "../documents";
import { type Side, type Verdict, merge, sideOf } from "../merge";
import { writeBeside } from "./beside";
import { type ExistingFile, existingFile } from "./existing";
import { inRuns } from "./look";
import {
  type ExportSides,
  type ExportTask,
  onBases,
  type Outgoing,
  type RunInMongo,
  type StoredDocument,
} from "./run";
import { type Decided, writeFile } from "./write-file";

/**
 * Brings a run's documents of one role to their file by the merge rules, and counts what became
 * of each. A document that no file can hold is left out; the others are written.
 */
export async function exportFile(
  task: ExportTask,
  role: WholeFileRole,
  run: RunInMongo,
): Promise<void> {
  const documents = run.files.get(role) ?? [];
  if (documents.length === 0) return;
  const { runId } = run;
  const { sides, tally } = task;
  try {
    if (!sides.all && (await isUnchanged(sides, role, run, documents))) {
      tally.settle(role, "unchanged", documents.length);
      return;
    }
    const place = await placeOf(sides, role, runId);
    const outgoing = await outgoingOf(sides, role, run, documents);
    await exportTo(task, { ...place, role, runId }, outgoing);
  } catch (error) {
    const refusal = refusalIn(error);
    for (const { key } of documents) tally.refuse(role, readableKey(key), refusal);
  }
}

/**
 * Whether no document changed in MongoDB since both sides agreed, and the file that they agreed on
 * is there: whatever it has, nothing is written.
 */
async function isUnchanged(
  sides: ExportSides,
  role: WholeFileRole,
  { runId, bases }: RunInMongo,
  documents: readonly StoredDocument[],
): Promise<boolean> {
  const known = bases.get(role);
  const file = known?.get(documents[0]?.key ?? "")?.file;
  const areAgreed = documents.every(({ key, hash }) => {
    const base = known?.get(key);
    return base?.agreed?.mongo === hash && base.next === undefined && base.file === file;
  });
  const stem = areAgreed ? stemNamed(sides, role, runId, file) : undefined;
  return stem !== undefined && (await lookAt(sides, role, stem)).there;
}

async function outgoingOf(
  sides: ExportSides,
  role: WholeFileRole,
  { runId, bases }: RunInMongo,
  documents: readonly StoredDocument[],
): Promise<Outgoing[]> {
  const outgoing: Outgoing[] = [];
  const add = (side: Side) => {
    const key = keyOf(role, side.document);
    outgoing.push({ key, side, base: bases.get(role)?.get(key) });
  };
  if (documents.every(({ bytes }) => bytes)) {
    for (const { hash, bytes = empty } of documents) add({ hash, document: documentIn(bytes) });
  } else {
    const again = documentsAsStored(sides, role, { runId }, inRuns);
    for await (const document of again) add(sideOf(role, document));
  }
  return outgoing;
}

const empty = new Uint8Array();

/** Compares documents with their file, writes what MongoDB wins, and settles the bases. */
async function exportTo(
  task: ExportTask,
  place: WholeFilePlace,
  outgoing: readonly Outgoing[],
): Promise<void> {
  let existing: ExistingFile;
  try {
    existing = await existingFile(place);
  } catch (error) {
    const { detail } = refusalIn(error);
    const details = outgoing.map((one) => ({ ...one, detail }));
    return writeBeside(task, place, details);
  }
  const decided = decide(place, existing, outgoing);
  const settled = await writeFile(task, place, existing, decided);
  const agreed = agreements(place, existing, decided);
  await onBases(task, (bases) => settleBases(bases, [...settled, ...agreed]));
  const count = (wanted: Verdict) => decided.filter(({ verdict }) => verdict === wanted).length;
  task.tally.settle(place.role, "unchanged", count("equal"));
  task.tally.settle(place.role, "newerOnDisk", count("disk"));
  const conflicts = decided.filter(({ verdict }) => verdict === "conflict");
  const details = conflicts.map((one) => ({ ...one, detail: pathsOf(place, existing, one) }));
  await writeBeside(task, place, details);
}

function decide(
  { role }: WholeFilePlace,
  { records }: ExistingFile,
  outgoing: readonly Outgoing[],
): Decided[] {
  // Of two records with one key the first counts.
  const places = new Map(records.map(({ key }, at) => [key, at] as const).toReversed());
  return outgoing.map((one) => {
    const at = places.get(one.key) ?? -1;
    return { ...one, verdict: merge(role, records[at]?.side, one.side, one.base), at };
  });
}

function agreements(
  { role, name: file }: WholeFilePlace,
  { records }: ExistingFile,
  decided: readonly Decided[],
): NewBase[] {
  return decided.flatMap(({ verdict, at, key, side, base }) => {
    const disk = records[at]?.side?.hash ?? "";
    const become = { role, key, disk, mongo: side.hash, file, isNew: false };
    return verdict === "equal" && !isAgreed(base, become) ? [become] : [];
  });
}

function pathsOf({ role }: WholeFilePlace, { records }: ExistingFile, { at, side }: Decided) {
  const disk = records[at]?.side?.document ?? {};
  return `changed on both sides: ${differingPaths(role, disk, side.document).join(", ")}`;
}

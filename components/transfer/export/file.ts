import {
  type Key,
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
import type { Base } from "../bases";
import { documentIn, documentsAsStored } from "../documents";
import { type Side, merge, sideOf } from "../merge";
import { writeConflictCopy } from "./conflict-copy";
import type { ExportSides, ExportTask, RunInMongo, StoredDocument } from "./run";
import { type Decided, type ExistingFile, existingFile, writeFile } from "./write-file";

/**
 * Brings a run's documents of one role to their file by the merge rules, and counts what became
 * of each. A document that no file can hold is left out; the others are written. What is in conflict
 * goes to a conflict copy.
 */
export async function exportFile(
  task: ExportTask,
  role: WholeFileRole,
  run: RunInMongo,
): Promise<void> {
  const documents = run.files.get(role) ?? [];
  if (documents.length === 0) return;
  const { runId, bases } = run;
  const { sides, tally } = task;
  try {
    if (!sides.all && (await isUnchanged(sides, role, run, documents))) {
      tally.count(role, "unchanged", documents.length);
      return;
    }
    const place = { ...(await placeOf(sides, role, runId)), role, runId };
    const existing = await existingFile(place);
    const outgoing = await outgoingSides(sides, role, runId, documents);
    const decided = decide(place, existing, outgoing, bases.get(role));
    await writeFile(task, place, existing, decided);
    const conflicts = decided.filter(({ verdict }) => verdict === "conflict");
    if (conflicts.length > 0) await writeConflictCopy(task, place, conflicts);
  } catch (error) {
    const refusal = refusalIn(error);
    for (const { key } of documents) tally.refuseDocument(role, readableKey(key), refusal);
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

async function outgoingSides(
  sides: ExportSides,
  role: WholeFileRole,
  runId: string,
  documents: readonly StoredDocument[],
): Promise<Side[]> {
  const kept = documents.flatMap(({ hash, bytes }) =>
    bytes ? [{ hash, document: documentIn(bytes) }] : [],
  );
  if (kept.length === documents.length) return kept;
  const read: Side[] = [];
  for await (const document of documentsAsStored(sides, role, { runId })) {
    read.push(sideOf(role, document));
  }
  return read;
}

function decide(
  { role }: WholeFilePlace,
  { records, refusal }: ExistingFile,
  outgoing: readonly Side[],
  bases: ReadonlyMap<Key, Base> | undefined,
): Decided[] {
  // Of two records with one key the first counts.
  const places = new Map(records.map(({ key }, at) => [key, at] as const).toReversed());
  return outgoing.map((mongo) => {
    const key = keyOf(role, mongo.document);
    const at = places.get(key) ?? -1;
    const disk = records[at]?.side;
    const base = bases?.get(key);
    const verdict = refusal ? "conflict" : merge(role, disk, mongo, base);
    const paths = () => differingPaths(role, disk?.document ?? {}, mongo.document).join(", ");
    const isDifferent = verdict === "conflict" && !refusal;
    const detail = isDifferent ? `changed on both sides: ${paths()}` : refusal?.detail;
    return { key, mongo, base, at, verdict, detail };
  });
}

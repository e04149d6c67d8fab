import type { Collection, Document } from "mongodb";
import { type Key, type ReadyRecord, Refusal, differingPaths } from "../../state";
import {
  type Agreement,
  type Base,
  type BaseDocument,
  type NewBase,
  agreementIn,
  announceBases,
  isAgreed,
  readBases,
  settleBases,
  withdrawBases,
} from "../bases";
import { documentsOf } from "../documents";
import { type MergeRules, type Verdict, merge, sideOf } from "../merge";
import type { Outcome } from "../tally";
import { type Replacement, insertAll, replaceAll } from "./bulk";
import type { Batch, Settled } from "./pipeline";
import { firstsAndRepeats, settledRepeats } from "./repeats";

/** A record with what the merge rules say of it. */
export interface Seen {
  readonly record: ReadyRecord;
  readonly document: Document | undefined;
  readonly base: Base | undefined;
  /** What the base says of both sides as they are. */
  readonly last: Agreement;
  readonly verdict: Verdict;
  /** The base where the record is written, or both sides are equal. */
  readonly becomes: NewBase;
}

/** Looks at a record: the documents and bases that were found, by their keys, say what it is. */
export function lookAt(
  record: ReadyRecord,
  documents: ReadonlyMap<Key, Document>,
  bases: ReadonlyMap<Key, Base>,
  rules: MergeRules,
): Seen {
  const { role, key, place } = record;
  const document = documents.get(key);
  const base = bases.get(key);
  // A log entry has no base, and its key and content suffice.
  if (role === "logs") {
    const becomes = { key, disk: "", mongo: "", file: place.file };
    return { record, document, base, last: {}, verdict: logVerdict(record, document), becomes };
  }
  const disk = sideOf(role, record.document);
  const mongo = document && sideOf(role, document);
  const verdict = merge(role, disk, mongo, base, rules);
  const after = mongo && verdict === "equal" ? mongo : disk;
  const isNew = mongo === undefined;
  const becomes = { key, disk: disk.hash, mongo: after.hash, file: place.file, isNew };
  const last = mongo ? agreementIn(base, { disk: disk.hash, mongo: mongo.hash }) : {};
  return { record, document, base, last, verdict, becomes };
}

function logVerdict({ role, document: disk }: ReadyRecord, document: Document | undefined) {
  if (!document) return "onlyOnDisk";
  return differingPaths(role, disk, document).length === 0 ? "equal" : "conflict";
}

/** Where a batch goes and by which rules. */
export interface Destination {
  /** With write concern majority. */
  readonly collection: Collection;
  readonly bases: Collection<BaseDocument>;
  readonly rules: MergeRules;
  /** No document of the batch is expected there: the first look is skipped. */
  readonly expectNew: boolean;
  /** Whether a file that a base names is still there; its name is below the state root. */
  readonly isThere: (file: string) => Promise<boolean>;
  /** Looks and decides, but writes nothing. */
  readonly dryRun: boolean;
  /** What earlier attempts at this batch sent, with what comes of it where it is there now. */
  readonly sent: Map<ReadyRecord, Outcome>;
}

/** A record whose key comes and goes under other writers is given up after so many looks. */
const mostLooks = 3;

/**
 * Writes a batch: inserts what is missing, replaces a document where the merge rules say that the
 * file wins, and leaves everything else as it is. Safe against other writers: a document that
 * came in between is compared, not overwritten. Of two records with one key the first stays.
 */
export async function writeBatch(to: Destination, batch: Batch): Promise<Settled> {
  const settled = new Map<ReadyRecord, Outcome | Refusal>();
  const { firsts, repeats } = firstsAndRepeats(batch.records);
  let open = firsts;
  for (let look = 1; open.length > 0 && look <= mostLooks; look += 1) {
    const documents =
      to.expectNew && look === 1 && to.sent.size === 0
        ? new Map<Key, Document>()
        : await documentsOf(to.collection, batch.role, open);
    const bases = await readBases(to.bases, batch.role, [...documents.keys()]);
    const seen = open.map((record) => lookAt(record, documents, bases, to.rules));
    for (const [record, outcome] of await settle(to, seen)) settled.set(record, outcome);
    open = open.filter((record) => !settled.has(record));
  }
  for (const record of open) {
    settled.set(record, new Refusal("server", "another writer kept it busy"));
  }
  for (const [record, outcome] of settledRepeats(repeats, settled)) settled.set(record, outcome);
  return settled;
}

/** One look: what stays open is left out of the answer. */
async function settle(to: Destination, seen: readonly Seen[]): Promise<Settled> {
  const settled = new Map<ReadyRecord, Outcome | Refusal>();
  const missing: Seen[] = [];
  const replaced: (Seen & Replacement)[] = [];
  for (const one of seen) {
    const { record, document, verdict } = one;
    if (!document) missing.push(one);
    else if (verdict === "conflict") settled.set(record, conflict(one, document));
    else if (verdict !== "disk") settled.set(record, to.sent.get(record) ?? "unchanged");
    else {
      const other = await otherFile(to, one);
      if (other) settled.set(record, sameKey(one, document, other));
      else replaced.push({ ...one, document });
    }
  }
  if (to.dryRun) {
    for (const { record } of missing) settled.set(record, "inserted");
    for (const { record } of replaced) settled.set(record, "updated");
    return settled;
  }
  await writeAll(to, missing, replaced, settled);
  await settleBases(to.bases, seen[0]?.record.role ?? "logs", newBases(seen, settled));
  return settled;
}

async function writeAll(
  to: Destination,
  missing: readonly Seen[],
  replaced: readonly (Seen & Replacement)[],
  settled: Map<ReadyRecord, Outcome | Refusal>,
): Promise<void> {
  const written = [...missing, ...replaced];
  const role = written[0]?.record.role ?? "logs";
  const becoming = (some: readonly Seen[]) => some.map(({ becomes }) => becomes);
  await announceBases(to.bases, role, "mongo", becoming(written));
  const sentNow = missing.filter(({ record }) => !to.sent.has(record));
  for (const { record } of missing) to.sent.set(record, "inserted");
  for (const { record } of replaced) to.sent.set(record, "updated");
  const inserted = await insertAll(
    to.collection,
    missing.map(({ record }) => record),
  );
  const updated = await replaceAll(to.collection, replaced);
  for (const [record, outcome] of [...inserted, ...updated]) settled.set(record, outcome);
  // What is left out of the answers is another writer's.
  const isLeftOut = ({ record }: Seen) => !settled.has(record);
  for (const { record } of written.filter(isLeftOut)) to.sent.delete(record);
  await withdrawBases(to.bases, role, "mongo", becoming(sentNow.filter(isLeftOut)));
}

/** The bases of what both sides have now, where they are not known yet. */
function newBases(seen: readonly Seen[], settled: Settled): NewBase[] {
  return seen.flatMap(({ record, verdict, base, last, becomes }) => {
    const outcome = settled.get(record);
    const isWritten = outcome === "inserted" || outcome === "updated";
    const { agreed, file = becomes.file } = last;
    // MongoDB went on behind a write whose process was killed.
    if (verdict === "mongo" && agreed && !base?.agreed) return [{ ...becomes, ...agreed, file }];
    if (!isWritten && (verdict !== "equal" || isAgreed(base, becomes))) return [];
    return [agreed?.disk === becomes.disk ? { ...becomes, file } : becomes];
  });
}

/** The other file that has the record's key, where it is still there. */
async function otherFile(to: Destination, { last, record }: Seen): Promise<string | undefined> {
  const { file } = last;
  if (file === undefined || file === record.place.file) return undefined;
  return (await to.isThere(file)) ? file : undefined;
}

function conflict({ record }: Seen, document: Document): Refusal {
  const paths = differingPaths(record.role, record.document, document);
  return new Refusal("conflict", `MongoDB has another content: ${paths.join(", ")}`);
}

function sameKey({ record }: Seen, document: Document, file: string): Refusal {
  const paths = differingPaths(record.role, record.document, document).join(", ");
  return new Refusal("conflict", `${file} has the same key and another content: ${paths}`, {
    file,
  });
}

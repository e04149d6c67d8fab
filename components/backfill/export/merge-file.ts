import type { Document } from "mongodb";
import { settleBases, type NewBase } from "../bases";
import { Refusal } from "../errors";
import { readableKey, type Key } from "../keys";
import { merge, type Verdict } from "../merge";
import { unpack } from "../stages/unpack";
import { differingPaths } from "../values/differences";
import { parseJson } from "../values/parse-json";
import { existingFile, existingRecord, membersIn, type ExistingFile } from "./existing";
import type { ExportRun } from "./export-run";
import { recordOf, renewedRecord } from "./form";
import { besideOf, type FilePlace } from "./place";
import { publish, stampOf } from "./publish";
import type { Outgoing } from "./run-file";
import { textOf } from "./text";
import { wholeFile, type WholeFileRole } from "./whole-file";

/** The file of a run with one JSON value. */
export interface WholeFilePlace extends FilePlace {
  readonly role: WholeFileRole;
  readonly runId: string;
}

/** A document with what the merge rules say of it and its file. */
interface Decided extends Outgoing {
  readonly verdict: Verdict;
  /** Where its record is in the file; -1 where it is not. */
  readonly at: number;
}

/** A document with the record that the file gets. */
interface Written extends Decided {
  readonly record: ReadonlyMap<string, unknown>;
}

/** Compares documents with their file, writes what MongoDB wins, and settles the bases. */
export async function exportTo(
  run: ExportRun,
  place: WholeFilePlace,
  outgoing: readonly Outgoing[],
): Promise<void> {
  const existing = await readableFile(place);
  if (existing instanceof Refusal) {
    const details = outgoing.map((one) => ({ ...one, detail: existing.detail }));
    return writeBeside(run, place, details);
  }
  const decided = outgoing.map((one) => decide(place, existing, one));
  const written = recordsToWrite(run, place, existing, decided);
  const settled = await writeFile(run, place, existing, written);
  await settleBases(run.bases, place.role, [...settled, ...agreements(place, decided)]);
  for (const { verdict } of decided) {
    if (verdict === "equal") run.tally.settle(place.role, "unchanged");
    if (verdict === "disk") run.tally.settle(place.role, "newerOnDisk");
  }
  const conflicts = decided.filter(({ verdict }) => verdict === "conflict");
  await writeBeside(
    run,
    place,
    conflicts.map((one) => ({ ...one, detail: pathsOf(place, existing, one) })),
  );
}

async function readableFile(place: WholeFilePlace): Promise<ExistingFile | Refusal> {
  try {
    return await existingFile(place, place.runId);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function decide({ role }: WholeFilePlace, { records }: ExistingFile, outgoing: Outgoing): Decided {
  const at = records.findIndex(({ key }) => key === outgoing.key);
  const verdict = merge(role, records[at]?.side, outgoing.side, outgoing.base);
  return { ...outgoing, verdict, at };
}

/** The records that the file gets; what it cannot hold is counted and left out. */
function recordsToWrite(
  { tally }: ExportRun,
  { role }: WholeFilePlace,
  { records }: ExistingFile,
  decided: readonly Decided[],
): Written[] {
  return decided.flatMap((one) => {
    const { verdict, at, key, side } = one;
    if (verdict !== "mongo" && verdict !== "onlyInMongo") return [];
    try {
      const before = records[at];
      const { document } = side;
      const record = before
        ? renewedRecord(role, membersIn(before), document)
        : recordOf(role, document);
      textOf(record);
      return [{ ...one, record }];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.refuse(role, readableKey(key), error);
      return [];
    }
  });
}

/** Writes the file where it gets anything new; the bases that hold afterwards. */
async function writeFile(
  { tally }: ExportRun,
  place: WholeFilePlace,
  existing: ExistingFile,
  written: readonly Written[],
): Promise<NewBase[]> {
  if (written.length === 0) return [];
  const records = existing.records.map(({ fields }) => fields);
  for (const { at, record } of written) {
    if (at < 0) records.push(record);
    else records[at] = record;
  }
  const documents = written.map(({ side }) => side.document);
  const whole = wholeFile(place.role, records, existing.whole, documents);
  const content = `${textOf(whole, 2)}\n`;
  const isNew = existing.whole === undefined || content !== `${textOf(existing.whole, 2)}\n`;
  if (isNew) {
    try {
      await publish(place.path, existing.stamp, (file) => file.writeFile(content));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      for (const { key } of written) tally.refuse(place.role, readableKey(key), error);
      return [];
    }
    tally.files += 1;
    tally.bytes += Buffer.byteLength(content);
  }
  tally.settle(place.role, isNew ? "written" : "unchanged", written.length);
  return settledBy(place, content, written);
}

/**
 * The bases of what was written, by what an import would read. A base that another folder agreed
 * on is left where this folder did not have the record.
 */
function settledBy(place: WholeFilePlace, content: string, written: readonly Written[]): NewBase[] {
  const entries = unpack(place, { runId: place.runId, numbered: true }, parseJson(content));
  const hashes = new Map<Key | undefined, string | undefined>(
    entries
      .map((entry) => existingRecord(place.role, entry))
      .map(({ key, side }) => [key, side?.hash]),
  );
  return written.flatMap(({ key, at, base }) => {
    const hash = hashes.get(key);
    return hash === undefined || (at < 0 && base) ? [] : [{ key, hash, file: place.name }];
  });
}

function agreements(place: WholeFilePlace, decided: readonly Decided[]): NewBase[] {
  return decided
    .filter(({ verdict, side, base }) => verdict === "equal" && base?.hash !== side.hash)
    .map(({ key, side }) => ({ key, hash: side.hash, file: place.name }));
}

function pathsOf({ role }: WholeFilePlace, { records }: ExistingFile, { at, side }: Decided) {
  const disk = records[at]?.side?.document ?? {};
  return `changed on both sides: ${differingPaths(role, disk, side.document).join(", ")}`;
}

/** Writes what MongoDB has beside a file that stays as it is. */
async function writeBeside(
  { tally }: ExportRun,
  place: WholeFilePlace,
  conflicts: readonly (Outgoing & { readonly detail: string })[],
): Promise<void> {
  const { role, name: file } = place;
  const beside = besideOf(place);
  const documents: Document[] = [];
  const records: ReadonlyMap<string, unknown>[] = [];
  for (const { key, side, detail } of conflicts) {
    const id = readableKey(key);
    const record = recordOf(role, side.document);
    try {
      textOf(record);
      documents.push(side.document);
      records.push(record);
      tally.conflict(role, { id, file, beside: beside.name, detail });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.refuse(role, id, error);
    }
  }
  if (records.length === 0) return;
  const content = `${textOf(wholeFile(role, records, undefined, documents), 2)}\n`;
  const stamp = await stampOf(beside.path);
  await publish(beside.path, stamp, (handle) => handle.writeFile(content));
}

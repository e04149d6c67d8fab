import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import {
  type Entry,
  type FileFacts,
  type FilePlace,
  type JsonObject,
  type Key,
  Refusal,
  type Stamp,
  type WholeFilePlace,
  type WholeFileRole,
  check,
  convert,
  differingPaths,
  formatRecord,
  isBesideFile,
  isJsonObject,
  keyOf,
  memberOf,
  parse,
  parseJson,
  placeOf,
  publish,
  readTexts,
  readableKey,
  recordOf,
  renewedRecord,
  stampOf,
  unpack,
  wholeFile,
} from "../../state";
import {
  type NewBase,
  announceBases,
  isAgreed,
  readBases,
  settleBases,
  withdrawBases,
} from "../bases";
import { type Side, type Verdict, merge, sideOf } from "../merge";
import { writeBeside } from "./beside";
import { type ExportRun, onBases, type Outgoing } from "./run";

/** A record of a file as it is written there; without key and side where no import would take it. */
export interface ExistingRecord {
  readonly fields: unknown;
  readonly key?: Key;
  readonly side?: Side;
}

/** A file of a run, of approvals or of artifacts. */
export interface ExistingFile {
  readonly stamp: Stamp;
  /** What the file holds, a manifest's members among it; undefined where it is not there. */
  readonly whole: unknown;
  readonly records: readonly ExistingRecord[];
}

export const noFile: ExistingFile = { stamp: undefined, whole: undefined, records: [] };

/**
 * Reads a file with one JSON value.
 *
 * @throws Refusal where it cannot be read or is no such file
 */
export async function existingFile(place: FilePlace, runId: string): Promise<ExistingFile> {
  if (!place.there) return noFile;
  if (await isBesideFile(place)) throw new Refusal("conflict", besideAnother);
  const stamp = await stampOf(place.path);
  const facts: FileFacts = { runId, numbered: true };
  for await (const [text] of readTexts(place)) {
    if (!text) continue;
    const whole = parse(text);
    requireOwn(place, whole, runId);
    const records = unpack(place, facts, whole).map((entry) => existingRecord(place.role, entry));
    return { stamp, whole, records };
  }
  throw new Refusal("not-json", "the file is empty");
}

const besideAnother = "its place has what an export put beside another run's file";

/** A manifest says whose it is; a run's file was looked at by its name. */
function requireOwn({ role }: FilePlace, whole: unknown, runId: string): void {
  if (role !== "artifacts" || !isJsonObject(whole)) return;
  const owner = memberOf(whole, "runId");
  if (typeof owner !== "string" || owner === runId) return;
  throw new Refusal("conflict", `the manifest is that of the run ${owner}`);
}

/** A record's document by the import's own rules. */
export function existingRecord(role: CollectionRole, entry: Entry): ExistingRecord {
  try {
    const { fields } = convert(role, entry);
    check(role, fields);
    const document: Document = Object.fromEntries(fields);
    return { fields: entry.fields, key: keyOf(role, document), side: sideOf(role, document) };
  } catch (error) {
    if (error instanceof Refusal) return { fields: entry.fields };
    throw error;
  }
}

/** A record's members, where it is an object. */
export function membersIn({ fields }: ExistingRecord): JsonObject {
  return isJsonObject(fields) ? fields : {};
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
  const agreed = agreements(place, existing, decided);
  await onBases(run, (bases) => settleBases(bases, place.role, [...settled, ...agreed]));
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
      formatRecord(record);
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
  run: ExportRun,
  place: WholeFilePlace,
  existing: ExistingFile,
  written: readonly Written[],
): Promise<NewBase[]> {
  if (written.length === 0) return [];
  const { tally } = run;
  const records = existing.records.map(({ fields }) => fields);
  for (const { at, record } of written) {
    if (at < 0) records.push(record);
    else records[at] = record;
  }
  const documents = written.map(({ side }) => side.document);
  const whole = wholeFile(place.role, records, existing.whole, documents);
  const content = `${formatRecord(whole, 2)}\n`;
  const isNew = existing.whole === undefined || content !== `${formatRecord(existing.whole, 2)}\n`;
  const become = settledBy(place, content, written);
  if (isNew) {
    await onBases(run, (bases) => announceBases(bases, place.role, "disk", become));
    try {
      await publish(place.path, existing.stamp, (file) => file.writeFile(content));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await onBases(run, (bases) => withdrawBases(bases, place.role, "disk", become));
      for (const { key } of written) tally.refuse(place.role, readableKey(key), error);
      return [];
    }
    tally.files += 1;
    tally.bytes += Buffer.byteLength(content);
  }
  tally.settle(place.role, isNew ? "written" : "unchanged", written.length);
  return become;
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
  return written.flatMap(({ key, at, side, base }) => {
    const disk = hashes.get(key);
    if (disk === undefined || (at < 0 && base)) return [];
    return [{ key, disk, mongo: side.hash, file: place.name, isNew: at < 0 }];
  });
}

function agreements(
  { name: file }: WholeFilePlace,
  { records }: ExistingFile,
  decided: readonly Decided[],
): NewBase[] {
  return decided.flatMap(({ verdict, at, key, side, base }) => {
    const become = { key, disk: records[at]?.side?.hash ?? "", mongo: side.hash, file };
    return verdict === "equal" && !isAgreed(base, become) ? [become] : [];
  });
}

function pathsOf({ role }: WholeFilePlace, { records }: ExistingFile, { at, side }: Decided) {
  const disk = records[at]?.side?.document ?? {};
  return `changed on both sides: ${differingPaths(role, disk, side.document).join(", ")}`;
}

/**
 * Brings a run's documents of one role to their file by the merge rules, and counts what became
 * of each. A document that no file can hold is left out; the others are written.
 */
export async function exportRunFile(
  run: ExportRun,
  role: WholeFileRole,
  runId: string,
  documents: readonly Document[],
): Promise<void> {
  const outgoing = await outgoingOf(run, role, documents);
  try {
    const place = await placeOf(run.sides, role, runId);
    if (!run.sides.all && place.there && outgoing.every((one) => isUnchanged(one, place))) {
      run.tally.settle(role, "unchanged", outgoing.length);
      return;
    }
    await exportTo(run, { ...place, role, runId }, outgoing);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const { key } of outgoing) run.tally.refuse(role, readableKey(key), error);
  }
}

/**
 * The same for a run itself.
 *
 * @returns whether its file is right now; else there is a conflict, or the run cannot be written
 */
export async function exportRunItself(
  run: ExportRun,
  runId: string,
  document: Document,
): Promise<boolean> {
  const failures = () => {
    const { conflicts, unwritable } = run.tally.counts.runs;
    return conflicts + unwritable;
  };
  const before = failures();
  await exportRunFile(run, "runs", runId, [document]);
  return failures() === before;
}

async function outgoingOf(
  run: ExportRun,
  role: WholeFileRole,
  documents: readonly Document[],
): Promise<Outgoing[]> {
  const keys = documents.map((document) => keyOf(role, document));
  const known = await onBases(run, (bases) => readBases(bases, role, keys));
  return documents.map((document, at) => {
    const key = keys[at] ?? "";
    return { key, side: sideOf(role, document), base: known.get(key) };
  });
}

/** Not changed in MongoDB since both sides agreed: whatever the file has, nothing is written. */
function isUnchanged({ side, base }: Outgoing, place: FilePlace): boolean {
  const unchanged = base?.agreed?.mongo === side.hash && base.next === undefined;
  return unchanged && base.file === place.name;
}

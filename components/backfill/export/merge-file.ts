import { type NewBase, announceBases, isAgreed, settleBases, withdrawBases } from "../bases";
import {
  type Key,
  Refusal,
  type WholeFilePlace,
  differingPaths,
  formatRecord,
  parseJson,
  publish,
  readableKey,
  recordOf,
  renewedRecord,
  unpack,
  wholeFile,
} from "../../state";
import { type Verdict, merge } from "../merge";
import { type ExistingFile, existingFile, existingRecord, membersIn } from "./existing";
import { type ExportRun, onBases } from "./export-run";
import { writeBeside } from "./beside";
import type { Outgoing } from "./outgoing";

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

import { posix } from "node:path";
import type { Document, Filter, Sort } from "mongodb";
import { type CollectionRole, byRole } from "../../contract";
import {
  type ReadyRecord,
  type StateFile,
  areEqual,
  deriveId,
  fileOf,
  hashOf,
  isContradicted,
  isSystemError,
  keyOf,
  mapLimit,
  newestRuns,
  parseRecords,
  readTexts,
  readableKey,
  rolesIn,
} from "../../state";
import { mergeBasesIn, readMergeBases } from "../merge-bases";
import { reading } from "../documents";
import { documentIn } from "../exact-types";
import type { FormDifference, ComparedForms } from "../reports";
import type { BothSides } from "../sides";
import { newestLooked, withForms } from "../step-forms";
import { type Sample, findFormDifferences, hashForms, leftOut } from "./compare";

/** Number of lines of a log that are compared. */
const linesOfLog = 20;

const filesAtOnce = 4;

/**
 * Compares the forms of the newest runs on disk, as an import converts them, with those of the newest documents that
 * services wrote. Changes nothing.
 *
 * @param newest the names of the newest runs; by default they are listed
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function compareForms(
  asked: BothSides,
  newest?: readonly string[],
): Promise<ComparedForms> {
  const sides = asked.forms ? asked : await withForms(asked);
  const services = await readServices(sides);
  const compared = byRole((role) => services[role].length);
  const roles = rolesIn(sides).filter((role) => compared[role] > 0);
  const names = roles.length === 0 ? [] : (newest ?? (await newestRuns(sides, newestLooked)));
  const differences: FormDifference[] = [];
  for (const role of roles) {
    const files = names.map((name) => fileOf(sides, role, name));
    const imported = await mapLimit(filesAtOnce, files, readImported);
    differences.push(...findFormDifferences(role, imported.flat(), services[role]));
  }
  const hasHash = differences.length > 0 || (sides.forms && isContradicted(sides.forms));
  return { compared, differences, ...(hasHash && { hash: hashForms(differences, sides.forms) }) };
}

/** The documents that an import writes from the beginning of a file, without members that are not compared. */
async function readImported(file: StateFile): Promise<Sample[]> {
  const records = await readRecords(file);
  return records.map(({ key, document }) => {
    return { id: readableKey(key), document: withoutLeftOut(document) };
  });
}

async function readRecords(file: StateFile): Promise<readonly ReadyRecord[]> {
  try {
    for await (const texts of readTexts(file)) {
      return parseRecords(file, file.baseName, texts.slice(0, linesOfLog));
    }
  } catch (error) {
    // The import reports files that cannot be read.
    if (!isSystemError(error)) throw error;
  }
  return [];
}

function withoutLeftOut(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !leftOut.includes(name)));
}

/**
 * Reads the newest documents that services wrote: runs by the index on `updatedAt`, log entries by the index on
 * `timestamp`, and artifacts and approvals of these runs by the indexes on `runId`.
 */
async function readServices(sides: BothSides): Promise<Record<CollectionRole, Sample[]>> {
  const readingRuns = readServiceRuns(sides);
  const readOfRuns = async (role: CollectionRole) =>
    readOthers(sides, role, { runId: { $in: (await readingRuns).map(({ id }) => id) } });
  const [runs, logs, artifacts, approvals] = await Promise.all([
    readingRuns,
    readOthers(sides, "logs", {}, { timestamp: -1 }),
    readOfRuns("artifacts"),
    readOfRuns("approvals"),
  ]);
  return { runs, logs, artifacts, approvals };
}

/** Reads runs without a merge base, and imported runs that differ from their file, unless the file changed since. */
async function readServiceRuns(sides: BothSides): Promise<Sample[]> {
  const documents = await readNewest(sides, "runs", {}, { updatedAt: -1 });
  const keys = new Map([["runs" as const, documents.map(({ _id }) => String(_id))]]);
  const bases = await reading(sides, "runs", () =>
    readMergeBases(mergeBasesIn(sides.database), keys),
  );
  const samples = await mapLimit(filesAtOnce, documents, async (document): Promise<Sample[]> => {
    const id = String(document._id);
    const base = bases.get("runs")?.get(id);
    if (base === undefined) return [{ id, document }];
    const { file = "", agreed } = base;
    const [record] = await readRecords(fileOf(sides, "runs", posix.basename(file, ".json")));
    if (!record || hashOf("runs", record.document) !== agreed?.disk) return [];
    const written = withoutLeftOut(record.document);
    return areEqual(document, written) ? [] : [{ id, document, written }];
  });
  return samples.flat();
}

/** Selects documents whose `_id` is not the import's. */
async function readOthers(
  sides: BothSides,
  role: CollectionRole,
  filter: Filter<Document>,
  sort?: Sort,
): Promise<Sample[]> {
  const documents = await readNewest(sides, role, filter, sort);
  return documents.flatMap((document) => {
    const { _id, timestamp } = document as { _id: unknown; timestamp?: unknown };
    const key = keyOf(role, document);
    const time = role === "logs" && timestamp instanceof Date ? timestamp : undefined;
    const isImported = String(_id) === String(deriveId(role, key, time));
    return isImported ? [] : [{ id: readableKey(key), document }];
  });
}

async function readNewest(
  sides: BothSides,
  role: CollectionRole,
  filter: Filter<Document>,
  sort: Sort = {},
): Promise<Document[]> {
  const projection = Object.fromEntries(leftOut.map((name) => [name, 0]));
  const options = { sort, projection, limit: newestLooked, batchSize: newestLooked, raw: true };
  const found = await reading(sides, role, (all) => all.find(filter, options).toArray());
  return found.map((bytes) => documentIn(bytes as unknown as Uint8Array));
}

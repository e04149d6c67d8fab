import type { Document } from "mongodb";
import { type CollectionRole, collections } from "../contract";
import { convert } from "./convert";
import { hashOf } from "./compare";
import { formatJson } from "./format-json";
import { isJsonObject, membersOf, objectIn, parseJson } from "./json";
import { type StateAddress, filesOf } from "./layout";
import type { FileLocation } from "./location";
import { readTexts } from "./read";
import type { Entry } from "./entries";
import { renewSteps } from "./renew-steps";
import { sequenceIn } from "./sequence";
import type { StepForms } from "./step-forms";

/** Fields implied by the file name or the manifest. */
const impliedFields: Readonly<Record<CollectionRole, readonly string[]>> = {
  runs: ["runId"],
  logs: ["_id", "runId"],
  artifacts: ["_id", "runId"],
  approvals: ["_id"],
};

/**
 * Converts a document to the members of its record on disk, in the document's order.
 *
 * @param forms those of the directory's other files
 */
export function recordOf(
  role: CollectionRole,
  document: Document,
  forms?: StepForms,
): Map<string, unknown> {
  const members = Object.entries(document).filter(([name]) => !impliedFields[role].includes(name));
  return new Map(
    members.map(([name, value]) => {
      const formed: unknown = isSteps(role, name) ? renewSteps([], value, forms) : value;
      return [propertyOf(role, name), formed];
    }),
  );
}

/**
 * The document that an import would read after an export of a document to its record, without a generated `_id`. It
 * differs from the exported one if JSON cannot express a value, such as a date inside a plan.
 *
 * @param disk the record's document before the export
 * @throws Refusal if no record can hold the document
 */
export function asOnDisk(
  role: CollectionRole,
  document: Document,
  disk: Document,
  forms?: StepForms,
): Document {
  const impliedFields = role === "runs" ? {} : { runId: document.runId as unknown };
  const before = { fields: Object.fromEntries(recordOf(role, disk)), impliedFields };
  const fields = parseJson(formatJson(renewRecord(role, before, document, forms)));
  return convert(role, fields, impliedFields, forms);
}

/**
 * Updates the members of a record on disk to the values in its document. A member whose value is equal stays as it is
 * written, with the case of its name, all digits of a timestamp and an enumeration's integer; so does a member of a
 * step. Fields that the file implies are not added, and neither is null for an absent member.
 *
 * @param before the record; undefined for a new one
 * @param forms those of the directory's other files
 */
export function renewRecord(
  role: CollectionRole,
  before: Entry | undefined,
  document: Document,
  forms?: StepForms,
): Map<string, unknown> {
  const after = recordOf(role, document, forms);
  if (!isJsonObject(before?.fields)) return after;
  const { impliedFields } = before;
  const renewed = new Map<string, unknown>();
  const areSame = (name: string, one: unknown, other: unknown) =>
    hashOf(role, { [name]: one }) === hashOf(role, { [name]: other });
  for (const [property, value] of membersOf(before.fields)) {
    const fields = new Map([[property, value]]);
    const converted = convert(role, fields, impliedFields, forms);
    const [name, known] = Object.entries<unknown>(converted)[0] ?? [property, value];
    const stored: unknown = document[name];
    if (areSame(name, known, stored)) renewed.set(property, value);
    else if (Object.hasOwn(document, name)) {
      // An enumeration that was an integer becomes an integer again.
      const wasInteger = typeof value === "number" && typeof stored === "string";
      const names = wasInteger ? collections[role].fields[name]?.names : undefined;
      const ordinal = names?.indexOf(String(stored).toLowerCase()) ?? -1;
      const renewedSteps = isSteps(role, name) ? renewSteps(value, stored, forms) : stored;
      renewed.set(property, ordinal < 0 ? renewedSteps : ordinal);
    }
    after.delete(propertyOf(role, name));
  }
  const implied = new Map(Object.entries(convert(role, {}, impliedFields, forms)));
  for (const [property, value] of after) {
    if (!areSame(property, implied.get(property), value)) renewed.set(property, value);
  }
  return renewed;
}

/** Whether a field is the list of a run's steps. */
function isSteps(role: CollectionRole, name: string): boolean {
  return collections[role].fields[name]?.type === "object[]";
}

/** On disk a run's `_id` is its `runId`. */
function propertyOf(role: CollectionRole, name: string): string {
  return role === "runs" && name === "_id" ? "runId" : name;
}

/** The roles whose files hold one JSON value; a log holds one on each line. */
export type WholeFileRole = Exclude<CollectionRole, "logs">;

/** A run's file that holds one JSON value. */
export interface WholeFileLocation extends FileLocation {
  readonly role: WholeFileRole;
  readonly runId: string;
}

/**
 * The content of a file: a run's only record, a list of approvals, or a manifest with a list of outputs. A manifest
 * keeps its other members.
 *
 * @param records the records in their order, in their form on disk
 * @param before the file's present content; undefined if there is none
 * @param documents the records' documents, from which the members of a new manifest are taken
 */
export function wholeFile(
  role: WholeFileRole,
  records: readonly unknown[],
  before: unknown,
  documents: readonly Document[],
): unknown {
  if (role === "runs") return records[0];
  if (role === "approvals") return records;
  if (isJsonObject(before)) {
    const isOutputs = (name: string) => name.toLowerCase() === "outputs";
    return new Map(
      membersOf(before).map(([name, value]) => [name, isOutputs(name) ? records : value]),
    );
  }
  const moments = documents.map(({ capturedAt }) => capturedAt as unknown);
  const dates = moments.filter((moment) => moment instanceof Date);
  const newest = dates.sort((a, b) => +a - +b).at(-1);
  const runId: unknown = documents[0]?.runId;
  return { runId, ...(newest && { uploadedAt: newest }), outputs: records };
}

/** Maximum number of logs that are read for their form. */
const logsLooked = 20;

/**
 * Whether the services write log lines without a sequence, by the logs of a state directory. Reads the beginning of
 * some of them. False without logs, because the collection has sequences.
 */
export async function lacksSequences(address: StateAddress): Promise<boolean> {
  for await (const files of filesOf(address, "logs")) {
    for (const file of files.slice(0, logsLooked)) {
      for await (const texts of readTexts(file)) {
        const lines = texts.map(objectIn).filter((line) => line !== undefined);
        if (lines.some((line) => !sequenceIn(line))) return true;
        if (lines.length > 0) break;
      }
    }
    return false;
  }
  return false;
}

import type { Db } from "mongodb";
import { buildSchema, type SchemaOptions } from "../contract";
import { readRecord, type LedgerRecord } from "../ledger";
import type { CutoverRecord } from "../state";
import { formatCount, formatRows } from "../text";
import { compareSchema } from "./plan";
import { checksumOf } from "./planner/canonical";

/** The status of a database: its ledger record, the number of differences and of documents. Changes nothing. */
export async function status(db: Db, options: SchemaOptions, ledger: string) {
  const wanted = buildSchema(options);
  const record = await readRecord(db, ledger);
  const counts = await Promise.all(
    wanted.collections.map(async ({ name }) => {
      return [name, await db.collection(name).estimatedDocumentCount()] as const;
    }),
  );
  return {
    database: db.databaseName,
    record: record ?? undefined,
    /** Whether the record is of the current settings. */
    current: record?.checksum === checksumOf(wanted),
    /** The number of changes that a migration would make. */
    drift: (await compareSchema(db, wanted)).filter(({ kind }) => kind !== "adopt index").length,
    /** Estimated by the server. */
    documents: Object.fromEntries(counts),
  };
}

/** A status as text. */
export function describeStatus(found: Awaited<ReturnType<typeof status>>): string {
  const { database, record, current, drift, documents } = found;
  const state = record?.finishedAt
    ? `finished ${record.finishedAt.toISOString()}`
    : `begun ${record?.startedAt.toISOString() ?? ""}, not finished`;
  const { at = "none: no cutover was recorded", endedAt } = lastCutover(record);
  return [
    `Database ${database}`,
    `  migration  ${record ? `${record._id}, ${state}, by ${record.stack}` : "not applied"}`,
    ...(record && !current ? ["             its checksum belongs to other settings"] : []),
    `  cutover    ${at}${endedAt === undefined ? "" : `, rolled back ${endedAt}`}`,
    `  drift      ${drift === 0 ? "none" : `${drift} changes; see: taskrunner-storage plan`}`,
    formatRows(
      Object.entries(documents).map(([name, count]) => [
        `  ${name}`,
        formatCount(count, "document"),
      ]),
    ),
  ].join("\n");
}

function lastCutover(record: LedgerRecord | undefined): Partial<CutoverRecord> {
  const at = record?.cutoverAt?.toISOString();
  return lastCutoverFile(record) ?? { ...(at !== undefined && { at }) };
}

/** The ledger's copy of `cutover.json`; undefined if it lacks the last cutover. */
export function lastCutoverFile(record: LedgerRecord | undefined): CutoverRecord | undefined {
  const file = record?.cutoverFile as CutoverRecord | undefined;
  return file?.at === record?.cutoverAt?.toISOString() ? file : undefined;
}

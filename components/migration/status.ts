import type { Db } from "mongodb";
import { buildSchema, type SchemaOptions } from "../contract";
import { readRecord, type LedgerRecord } from "../ledger";
import { checksumOf } from "./planner/canonical";
import { compare } from "./plan";

/** Where a database stands: its ledger record, what differs, and how much is in it. */
export interface Status {
  readonly database: string;
  readonly record: LedgerRecord | undefined;
  /** Whether the record is of what these settings ask for. */
  readonly current: boolean;
  /** How many changes a migration would make now. */
  readonly drift: number;
  /** The collections' names with their numbers of documents, as the server estimates them. */
  readonly documents: Readonly<Record<string, number>>;
}

/** Looks at a database; changes nothing. `ledger` is the collection of the record. */
export async function status(db: Db, options: SchemaOptions, ledger: string): Promise<Status> {
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
    current: record?.checksum === checksumOf(wanted),
    drift: (await compare(db, wanted)).filter(({ kind }) => kind !== "adopt index").length,
    documents: Object.fromEntries(counts),
  };
}

/** A status on one screen. */
export function describeStatus({ database, record, current, drift, documents }: Status): string {
  const state = record?.finishedAt
    ? `finished ${record.finishedAt.toISOString()}`
    : `begun ${record?.startedAt.toISOString() ?? ""}, not finished`;
  return [
    `Database ${database}`,
    `  migration  ${record ? `${record._id}, ${state}, by ${record.stack}` : "not applied"}`,
    ...(record && !current ? ["             its checksum is of other settings than these"] : []),
    `  fence      ${record?.fencedAt?.toISOString() ?? "none: no cutover came as far"}`,
    `  drift      ${drift === 0 ? "none" : `${drift} changes; see: taskrunner-storage plan`}`,
    ...Object.entries(documents).map(
      ([name, count]) => `  ${name.padEnd(20)} ${String(count).padStart(12)} documents`,
    ),
  ].join("\n");
}

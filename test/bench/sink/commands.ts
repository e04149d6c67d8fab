import { BSON, type Document } from "mongodb";
import { aggregate, takeFirst, project } from "./aggregate";
import { SinkCollection, type IndexKey } from "./collection";
import { newDocument, applyUpdate } from "./update";
import { valueOf } from "./value";
import { cursorReply, documentOf, type WireMessage } from "./wire";

const firstBatch = 101;
const mostBytes = 16 * 1024 * 1024;
const duplicateKey = 11000;
const commandNotFound = 59;

interface Cursor {
  readonly namespace: string;
  readonly documents: Iterator<Uint8Array>;
}

/** The server's data in memory, and its counts of commands. */
export class Databases {
  private readonly databases = new Map<string, Map<string, SinkCollection>>();
  private readonly cursors = new Map<bigint, Cursor>();
  private cursorCount = 0n;
  /** The number of each command. */
  readonly commandCounts: Record<string, number> = {};
  /** The number of documents that were inserted or changed. */
  writtenCount = 0;

  /** Answers a command. */
  answer({ command, sequences }: WireMessage): Uint8Array {
    const name = Object.keys(command)[0] ?? "";
    this.commandCounts[name] = (this.commandCounts[name] ?? 0) + 1;
    const answer = answers[name];
    if (!answer) {
      const errmsg = `no such command: '${name}' (the bench's sink has few)`;
      return BSON.serialize({ ok: 0, errmsg, code: commandNotFound, codeName: "CommandNotFound" });
    }
    const rawsOf = (field: string) =>
      sequences.get(field) ??
      ((command[field] ?? []) as Document[]).map((one) => BSON.serialize(one));
    const asked = { databases: this, command, name: String(command[name]), rawsOf };
    const found = answer(asked);
    return found instanceof Uint8Array ? found : BSON.serialize({ ...found, ok: 1 });
  }

  collection({ command, name }: Pick<Asked, "command" | "name">): SinkCollection {
    const database = this.collections(String(command.$db));
    const found = database.get(name) ?? new SinkCollection();
    database.set(name, found);
    return found;
  }

  collections(database: string): Map<string, SinkCollection> {
    const found = this.databases.get(database) ?? new Map<string, SinkCollection>();
    this.databases.set(database, found);
    return found;
  }

  open(documents: Iterable<Uint8Array>, asked: Asked, batchSize: number): Uint8Array {
    const namespace = `${String(asked.command.$db)}.${asked.name}`;
    const cursor = { namespace, documents: documents[Symbol.iterator]() };
    return this.reply("firstBatch", ++this.cursorCount, cursor, batchSize);
  }

  more(id: bigint, batchSize: number): Uint8Array {
    const cursor = this.cursors.get(id);
    if (cursor) return this.reply("nextBatch", id, cursor, batchSize);
    const errmsg = `cursor id ${String(id)} not found`;
    return BSON.serialize({ ok: 0, errmsg, code: 43, codeName: "CursorNotFound" });
  }

  kill(ids: readonly bigint[]): void {
    for (const id of ids) this.cursors.delete(id);
  }

  private reply(field: "firstBatch" | "nextBatch", id: bigint, cursor: Cursor, most: number) {
    const documents: Uint8Array[] = [];
    let bytes = 0;
    let done = false;
    while (documents.length < most && bytes < mostBytes) {
      const next = cursor.documents.next();
      done = next.done === true;
      if (next.done === true) break;
      documents.push(next.value);
      bytes += next.value.length;
    }
    if (done) this.cursors.delete(id);
    else this.cursors.set(id, cursor);
    return cursorReply(field, documents, done ? 0n : id, cursor.namespace);
  }
}

/** A command; `name` is its target, mostly a collection. */
interface Asked {
  readonly databases: Databases;
  readonly command: Document;
  readonly name: string;
  /** The documents of a field as bytes, wherever they are in the message. */
  readonly rawsOf: (field: string) => readonly Uint8Array[];
}

const hello = () => ({
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  // As a mongos: the driver stays at the address that it was given.
  msg: "isdbgrid",
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  // MongoDB 7.0
  maxWireVersion: 21,
  readOnly: false,
});

const answers: Readonly<Record<string, (asked: Asked) => Document | Uint8Array>> = {
  hello,
  ismaster: hello,
  endSessions: () => ({}),
  /** Not what MongoDB says: what it was asked for so far, by command. */
  serverStatus: ({ databases: { commandCounts, writtenCount } }) => ({
    commandCounts,
    writtenCount,
  }),
  create: (asked) => {
    asked.databases.collection(asked);
    return {};
  },
  createIndexes: (asked) => {
    const collection = asked.databases.collection(asked);
    for (const { key } of asked.command.indexes as { key: Document }[]) {
      collection.addIndex(Object.keys(key));
    }
    return {};
  },
  insert: (asked) => {
    const collection = asked.databases.collection(asked);
    const writeErrors: Document[] = [];
    const documents = asked.rawsOf("documents");
    for (const [index, bytes] of documents.entries()) {
      if (collection.insert(bytes)) continue;
      writeErrors.push({
        index,
        code: duplicateKey,
        errmsg: "E11000 duplicate key",
        keyPattern: { _id: 1 },
      });
      if (asked.command.ordered !== false) break;
    }
    const n = documents.length - writeErrors.length;
    asked.databases.writtenCount += n;
    return { n, ...(writeErrors.length > 0 && { writeErrors }) };
  },
  update: (asked) => {
    const collection = asked.databases.collection(asked);
    const sum = { n: 0, nModified: 0 };
    const upserted: Document[] = [];
    for (const [index, raw] of asked.rawsOf("updates").entries()) {
      const found = updateOne(collection, documentOf(raw));
      sum.n += found.n;
      sum.nModified += found.nModified;
      if (found._id !== undefined) upserted.push({ index, _id: found._id });
    }
    asked.databases.writtenCount += sum.nModified + upserted.length;
    return { ...sum, ...(upserted.length > 0 && { upserted }) };
  },
  find: (asked) => {
    const { filter = {}, sort, projection, limit = 0, batchSize, singleBatch } = asked.command;
    const found = asked.databases.collection(asked).find(filter as Document, sort as IndexKey);
    const documents = takeFirst(
      bytesIn(found, projection as Document | undefined),
      Number(limit) || Infinity,
    );
    const most = singleBatch ? Infinity : Number(batchSize ?? firstBatch);
    return asked.databases.open(documents, asked, most);
  },
  getMore: ({ databases, command }) =>
    databases.more(bigintOf(command.getMore), Number(command.batchSize ?? 0) || Infinity),
  killCursors: ({ databases, command }) => {
    databases.kill((command.cursors as unknown[]).map(bigintOf));
    return {};
  },
  aggregate: (asked) => {
    const { pipeline, cursor } = asked.command as { pipeline: Document[]; cursor?: Document };
    const lookUp = pipeline.find((stage) => "$lookup" in stage)?.$lookup as Document | undefined;
    const name = String(lookUp?.from ?? asked.name);
    const documents = aggregate(asked.databases.collection({ ...asked, name }), pipeline);
    return asked.databases.open(documents, asked, Number(cursor?.batchSize ?? firstBatch));
  },
  count: (asked) => {
    const collection = asked.databases.collection(asked);
    const query = (asked.command.query ?? {}) as Document;
    const isAll = Object.keys(query).length === 0;
    return { n: isAll ? collection.size : [...collection.find(query)].length };
  },
};

function bigintOf(value: unknown): bigint {
  return BigInt(String(value));
}

function* bytesIn(found: Iterable<{ bytes: Uint8Array }>, projection: Document | undefined) {
  const isAsked = projection !== undefined && Object.keys(projection).length > 0;
  for (const { bytes } of found) yield isAsked ? project(bytes, projection) : bytes;
}

function updateOne(collection: SinkCollection, operation: Document) {
  const { q, u, multi, upsert } = operation as {
    q: Document;
    u: Document;
    multi?: boolean;
    upsert?: boolean;
  };
  const found = [...takeFirst(collection.find(q), multi ? Infinity : 1)];
  let nModified = 0;
  for (const document of found) {
    const bytes = BSON.serialize(applyUpdate(documentOf(document.bytes), u, false));
    if (Buffer.compare(bytes, document.bytes) === 0) continue;
    collection.replace(document, bytes);
    nModified += 1;
  }
  if (found.length > 0 || !upsert) return { n: found.length, nModified };
  const document = applyUpdate(newDocument(q), u, true);
  if (!collection.insert(BSON.serialize(document)))
    throw new Error(`Upserting ${String(valueOf(document._id))} found it.`);
  return { n: 1, nModified: 0, _id: document._id as unknown };
}

import type { Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/**
 * MongoDB's wire protocol as far as a driver without compression speaks it: OP_MSG, and OP_QUERY for
 * its first message.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export interface WireMessage {
  readonly command: Document;
  /** The documents that came apart from the command, such as those of an insert, by their name. */
  readonly sequences: ReadonlyMap<string, readonly Uint8Array[]>;
  reply(bytes: Uint8Array): void;
}

const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;
const headerBytes = 16;
const moreToCome = 2;
const typesKept = { promoteLongs: false, promoteValues: false, promoteBuffers: false } as const;

/** Numbers stay what they are: an int32 does not become a double. */
export function documentOf(bytes: Uint8Array): Document {
  return BSON.deserialize(bytes, typesKept);
}

/** Yields each message of a socket. */
export function readMessages(socket: Socket, take: (message: WireMessage) => void): void {
  let chunks: Buffer[] = [];
  let have = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    have += chunk.length;
    for (;;) {
      const first = chunks[0];
      if (first === undefined || have < headerBytes) return;
      if (first.length < headerBytes) chunks = [Buffer.concat(chunks)];
      const bytes = chunks[0]?.readInt32LE(0) ?? Infinity;
      if (have < bytes) return;
      const message = Buffer.concat(chunks, bytes);
      have -= bytes;
      const last = chunks.at(-1);
      chunks = last && have > 0 ? [last.subarray(last.length - have)] : [];
      take(messageIn(message, socket));
    }
  });
}

function messageIn(bytes: Buffer, socket: Socket): WireMessage {
  const request = bytes.readInt32LE(4);
  const code = bytes.readInt32LE(12);
  if (code === opQuery) return queryIn(bytes, request, socket);
  if (code !== opMsg) throw new Error(`The sink knows no message of code ${String(code)}.`);
  const flags = bytes.readUInt32LE(headerBytes);
  let command: Document = {};
  const sequences = new Map<string, Uint8Array[]>();
  for (let at = headerBytes + 4; at < bytes.length;) {
    const kind = bytes[at];
    const start = at + 1;
    at = start + bytes.readInt32LE(start);
    if (kind === 0) command = documentOf(bytes.subarray(start, at));
    else {
      const nameEnd = bytes.indexOf(0, start + 4);
      const name = bytes.toString("utf8", start + 4, nameEnd);
      sequences.set(name, [...documentsIn(bytes, nameEnd + 1, at)]);
    }
  }
  const reply = (body: Uint8Array) => {
    if (flags & moreToCome) return;
    send(socket, request, opMsg, [Buffer.alloc(5), body]);
  };
  return { command, sequences, reply };
}

function queryIn(bytes: Buffer, request: number, socket: Socket): WireMessage {
  const start = bytes.indexOf(0, headerBytes + 4) + 9;
  const reply = (body: Uint8Array) => {
    const fields = Buffer.alloc(20);
    fields.writeInt32LE(1, 16);
    send(socket, request, opReply, [fields, body]);
  };
  return { command: documentOf(bytes.subarray(start)), sequences: new Map(), reply };
}

function* documentsIn(bytes: Buffer, from: number, to: number): Generator<Uint8Array> {
  for (let at = from; at < to;) {
    const end = at + bytes.readInt32LE(at);
    yield bytes.subarray(at, end);
    at = end;
  }
}

function send(socket: Socket, request: number, code: number, parts: readonly Uint8Array[]): void {
  const header = Buffer.alloc(headerBytes);
  header.writeInt32LE(bytesOf(parts, headerBytes), 0);
  header.writeInt32LE(request, 8);
  header.writeInt32LE(code, 12);
  socket.cork();
  for (const part of [header, ...parts]) socket.write(part);
  socket.uncork();
}

/** The reply that has a cursor's documents as they are stored. */
export function cursorReply(
  field: "firstBatch" | "nextBatch",
  documents: readonly Uint8Array[],
  id: bigint,
  namespace: string,
): Uint8Array {
  const batch = documents.flatMap((bytes, at) => [nameOf(3, String(at)), bytes]);
  const rest = BSON.serialize({ id: BSON.Long.fromBigInt(id), ns: namespace }).subarray(4, -1);
  const cursor = wrap([nameOf(4, field), ...wrap(batch), rest]);
  const ok = BSON.serialize({ ok: 1 }).subarray(4, -1);
  // Copied once: the collector runs the more often, the more bytes a reply takes.
  return Buffer.concat(wrap([nameOf(3, "cursor"), ...cursor, ok]));
}

function nameOf(type: number, name: string): Uint8Array {
  return Buffer.from(`${String.fromCharCode(type)}${name}\0`, "latin1");
}

/** The parts of a document with these elements. */
function wrap(elements: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeInt32LE(bytesOf(elements, 5));
  return [length, ...elements, Buffer.alloc(1)];
}

const bytesOf = (parts: readonly Uint8Array[], others: number) =>
  parts.reduce((sum, part) => sum + part.length, others);

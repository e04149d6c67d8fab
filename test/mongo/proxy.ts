import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/** A second address of a server, on which a test can change what a driver is told. */
export interface Proxy {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly port: number;
  /** Closes what is open; whoever connects again may. */
  closeConnections(): void;
  close(): Promise<void>;
}

/** What a proxy does beside letting everything through. */
export interface ProxyRules {
  /** Awaited before anything is done with a command; the next ones of its connection wait too. */
  before?(command: string, body: Body): Promise<void>;
  /** The answer to a command in the server's place; undefined: the server gets it. */
  answerTo?(command: string, body: Body): Document | undefined;
  /** The command that the server gets in the place of another; undefined: the same. */
  sentFor?(command: string, body: Body): Document | undefined;
  /** How the server's answer to a command is changed; undefined: it is not. */
  changesOf?(command: string, body: Body): ((answer: Document) => Document) | undefined;
  /** Told of each answer of the server; false: it is lost, and the connection with it. */
  answered?(command: string): boolean;
}

/** The whole command, read only if it is asked for. */
export type Body = () => Document;

/** Puts a proxy before the server on a port of this machine; `listenOn` 0 is any port. */
export async function proxyTo(port: number, rules: ProxyRules, listenOn = 0): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    join(client, upstream, rules);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one
        .on("error", () => other.destroy())
        .on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  await once(server.listen(listenOn, "127.0.0.1"), "listening");
  const own = (server.address() as AddressInfo).port;
  const closeConnections = () => {
    sockets.forEach((socket) => socket.destroy());
  };
  const close = async () => {
    closeConnections();
    await once(server.close(), "close");
  };
  return { address: `127.0.0.1:${own}`, port: own, closeConnections, close };
}

function join(client: Socket, upstream: Socket, rules: ProxyRules): void {
  const asked = new Map<number, Buffer>();
  const take = (message: Buffer) => {
    const command = commandIn(message);
    const body = () => documentIn(message);
    const answer = rules.answerTo?.(command, body);
    if (answer) return void client.write(replyTo(message, answer));
    asked.set(message.readInt32LE(requestId), message);
    const other = rules.sentFor?.(command, body);
    upstream.write(other ? withDocument(message, other) : message);
  };
  let turn = Promise.resolve();
  eachMessage(client, (message) => {
    const wait = rules.before?.bind(rules, commandIn(message), () => documentIn(message));
    const now = () => {
      take(message);
    };
    if (wait) turn = turn.then(wait).then(now);
    else now();
  });
  eachMessage(upstream, (message) => {
    const question = asked.get(message.readInt32LE(responseTo));
    asked.delete(message.readInt32LE(responseTo));
    if (!question) return client.write(message);
    const command = commandIn(question);
    if (rules.answered?.(command) === false) return client.destroy();
    const change = rules.changesOf?.(command, () => documentIn(question));
    client.write(change ? changed(message, change) : message);
  });
}

/** Commands by which a driver asks a server what it is. */
export const isHello = (command: string) => ["hello", "ismaster"].includes(command.toLowerCase());

/**
 * Where the header has what: the message's length, its number, the number that it answers, its kind.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
const length = 0;
const requestId = 4;
const responseTo = 8;
const kind = 12;
const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;

function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 16 && rest.length >= rest.readInt32LE(length)) {
      const end = rest.readInt32LE(length);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** Where the document begins: of an OP_QUERY behind its collection's name, of an OP_MSG in section 0. */
function documentAt(message: Buffer): number {
  const found = message.readInt32LE(kind);
  if (found === opQuery) return message.indexOf(0, 20) + 9;
  return found === opReply ? 36 : 21;
}

/** The name of a document's first member, behind its length and the member's type. */
function commandIn(message: Buffer): string {
  const start = documentAt(message) + 5;
  return message.toString("utf8", start, message.indexOf(0, start));
}

/** With the types of BSON, so that what is not changed stays what it was. */
function documentIn(message: Buffer): Document {
  const start = documentAt(message);
  const end = start + message.readInt32LE(start);
  return BSON.deserialize(message.subarray(start, end), { promoteValues: false });
}

function replyTo(message: Buffer, answer: Document): Buffer {
  const header = Buffer.alloc(21);
  header.writeInt32LE(message.readInt32LE(requestId), responseTo);
  header.writeInt32LE(opMsg, kind);
  return withLength(Buffer.concat([header, BSON.serialize(answer)]));
}

function changed(message: Buffer, change: (answer: Document) => Document): Buffer {
  return withDocument(message, change(documentIn(message)));
}

/** A message with another document; what follows its own, such as the documents of an insert, stays. */
function withDocument(message: Buffer, document: Document): Buffer {
  const start = documentAt(message);
  const rest = message.subarray(start + message.readInt32LE(start));
  const parts = [message.subarray(0, start), BSON.serialize(document), rest];
  return withLength(Buffer.concat(parts));
}

function withLength(message: Buffer): Buffer {
  message.writeInt32LE(message.length, length);
  return message;
}

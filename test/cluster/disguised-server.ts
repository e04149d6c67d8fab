import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/** A real server that is reached under another address and says something else of itself. */
export interface DisguisedServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** What it says: another version, that it is no member of a replica set, or that it is no primary. */
export interface Disguise {
  readonly version?: string;
  readonly standalone?: boolean;
  /** Asked for each answer, so that an election can come to its end. */
  readonly secondary?: () => boolean;
}

/** Lets everything through to a real server and back, but for its answers to hello and buildInfo. */
export async function disguisedServer(port: number, disguise: Disguise): Promise<DisguisedServer> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const answers = new Answers((answer) => disguised(answer, disguise, own()));
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      for (const each of answers.take(chunk)) client.write(each);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  const own = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

function disguised(
  answer: Document,
  { version, standalone, secondary }: Disguise,
  own: string,
): Document {
  if (answer.gitVersion !== undefined && version !== undefined) return { ...answer, version };
  if (answer.setName === undefined) return answer;
  const member = { ...answer, hosts: [own], me: own, primary: own };
  if (secondary?.()) {
    const { primary, ...others } = member;
    return { ...others, isWritablePrimary: false, ismaster: false, secondary: primary === own };
  }
  if (!standalone) return member;
  const members = ["setName", "setVersion", "hosts", "me", "primary"];
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !members.includes(key)));
}

/** Messages of the wire protocol: a header whose first number is the length, and a document. */
class Answers {
  private rest = Buffer.alloc(0);

  constructor(private readonly change: (document: Document) => Document) {}

  take(chunk: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const messages: Buffer[] = [];
    while (this.rest.length >= 4 && this.rest.length >= this.rest.readInt32LE(0)) {
      const length = this.rest.readInt32LE(0);
      messages.push(this.changed(this.rest.subarray(0, length)));
      this.rest = this.rest.subarray(length);
    }
    return messages;
  }

  /** An OP_REPLY (1) has its document after 36 bytes, an OP_MSG (2013) of one section after 21. */
  private changed(message: Buffer): Buffer {
    const start = message.readInt32LE(12) === 1 ? 36 : 21;
    const document = BSON.deserialize(message.subarray(start), { promoteValues: false });
    const changed = Buffer.concat([
      message.subarray(0, start),
      BSON.serialize(this.change(document)),
    ]);
    changed.writeInt32LE(changed.length, 0);
    return changed;
  }
}

import type { Db, Document } from "mongodb";
import { type Body, type Proxy, isHello, proxyTo } from "../../mongo/proxy";

/** What stands between the product and one database. */
export interface Disturbance {
  /**
   * What a majority has: the same as the primary, or what it had when the services began to write with `w: 1`
   * only, until a write with a majority is asked for (`lag`) or for ever (`none`).
   */
  majority: "current" | "lag" | "none";
  /** With which code each write is refused; with 133, which a mongos answers, each read too. */
  refusal?: number | undefined;
  /** A collection that is on a shard of its own, which refuses nothing. */
  spared?: string | undefined;
  /** The database that answers in the place of the one that is asked. */
  other?: string | undefined;
  /** Awaited before each command. */
  before?: ((asked: Document) => Promise<void>) | undefined;
  /** Told of each answer. */
  answered?: ((answer: Document) => void) | undefined;
}

/** The server's second address, on which the product meets disturbances, database by database. */
export class Wire {
  private readonly databases = new Map<string, Disturbance>();
  private proxy: Proxy | undefined;

  /** @param uri the server's own connection string, of one host and without TLS */
  async open(uri: string): Promise<void> {
    this.proxy = await proxyTo(Number(new URL(uri).port), {
      before: async (_, body) => this.of(body)?.before?.(body()),
      answerTo: (command, body) => this.refuse(command, body),
      sentFor: (_, body) => this.divert(body),
      changesOf: (command, body) => {
        if (isHello(command)) return (answer) => memberAt(answer, this.proxy?.address ?? "");
        const { majority, answered } = this.of(body) ?? {};
        const isLate = majority === "none" && isWrite(command);
        if (!isLate && !answered) return undefined;
        return (answer) => {
          answered?.(answer);
          return isLate ? { ...answer, writeConcernError: late } : answer;
        };
      },
    });
  }

  get uri(): string {
    return `mongodb://${this.proxy?.address ?? ""}/?heartbeatFrequencyMS=500`;
  }

  async close(): Promise<void> {
    await this.proxy?.close();
  }

  /** What stands before a database from now on; nothing at first. */
  disturb(name: string): Disturbance {
    const disturbance: Disturbance = { majority: "current" };
    this.databases.set(name, disturbance);
    return disturbance;
  }

  private of(body: Body): Disturbance | undefined {
    return this.databases.get(String(body().$db));
  }

  private refuse(command: string, body: Body): Document | undefined {
    const { refusal: code, spared } = this.of(body) ?? {};
    const isRefused = isWrite(command) || (code === 133 && isRead(command));
    if (code === undefined || !isRefused || body()[command] === spared) return undefined;
    return { ok: 0, code, errmsg: "refused: a danger is played" };
  }

  private divert(body: Body): Document | undefined {
    const asked = body();
    const name = String(asked.$db);
    const disturbance = this.databases.get(name);
    if (!disturbance) return undefined;
    if (disturbance.other !== undefined) return { ...asked, $db: disturbance.other };
    const { level } = (asked.readConcern ?? {}) as { level?: string };
    const { w } = (asked.writeConcern ?? {}) as { w?: unknown };
    // A write that a majority has brings everything before it along.
    if (w === "majority" && disturbance.majority === "lag") disturbance.majority = "current";
    const isOld = disturbance.majority !== "current" && level === "majority";
    return isOld ? { ...asked, $db: majorityOf(name) } : undefined;
  }
}

/** A driver reaches the members that a member names: the wire is the only one. */
function memberAt(answer: Document, own: string): Document {
  const member: Document = { ...answer, hosts: [own], me: own, primary: own };
  delete member.topologyVersion;
  return member;
}

const isWrite = (command: string) => /^(insert|update|delete|findAndModify)$/i.test(command);
const isRead = (command: string) => /^(find|aggregate|count|distinct|getMore)$/i.test(command);

const late = { code: 64, codeName: "WriteConcernTimeout", errmsg: "waiting for replication" };

/** The database that plays what a majority has of another one. */
const majorityOf = (name: string) => `${name}_majority`;

/** Keeps what a database has now as what a majority has of it. */
export async function keepMajority(database: Db): Promise<void> {
  await copyTo(database, database.client.db(majorityOf(database.databaseName)));
}

async function copyTo(from: Db, to: Db): Promise<void> {
  await to.dropDatabase();
  for (const { name } of await from.listCollections().toArray()) {
    const documents = await from.collection(name).find({}, { promoteValues: false }).toArray();
    if (documents.length > 0) await to.collection(name).insertMany(documents);
  }
}

import { MongoClient, type Db, type Document } from "mongodb";
import { proxyTo } from "../mongo/proxy";

/** A server whose index builds take as long as a test wants. */
export interface PlayedBuilds {
  readonly client: MongoClient;
  readonly uri: string;
  /** Begins one: the index is listed from now on, and is there as far as the server has it. */
  begin(collection: string, spec: Document): void;
  /** Ends all: what the server does not have is gone. */
  end(): void;
  close(): Promise<void>;
}

/**
 * Puts a proxy before a server that lists index builds in progress as MongoDB 6.0 does
 * (`list_indexes.cpp`): like any index or, if it is asked for `includeIndexBuildInfo`, as builds.
 */
export async function playBuilds(port: number): Promise<PlayedBuilds> {
  const builds: { readonly collection: string; readonly spec: Document }[] = [];
  const listed = (answer: Document, asked: Document): Document => {
    const cursor = answer.cursor as Document | undefined;
    if (!cursor) return answer;
    const mine = builds.filter(({ collection }) => collection === asked.listIndexes);
    const names = mine.map(({ spec }) => spec.name as unknown);
    const ready = (cursor.firstBatch as Document[]).filter(({ name }) => !names.includes(name));
    const withInfo = asked.includeIndexBuildInfo === true;
    const firstBatch = [
      ...ready.map((spec) => (withInfo ? { spec } : spec)),
      ...mine.map(({ spec }) => (withInfo ? { spec, indexBuildInfo: { buildUUID: 1 } } : spec)),
    ];
    return { ...answer, cursor: { ...cursor, firstBatch } };
  };
  const proxy = await proxyTo(port, {
    changesOf: (command, body) =>
      command === "listIndexes" ? (answer) => listed(answer, body()) : undefined,
  });
  const uri = `mongodb://${proxy.address}/?directConnection=true`;
  const client = await new MongoClient(uri).connect();
  return {
    client,
    uri,
    begin: (collection, spec) => void builds.push({ collection, spec }),
    end: () => void builds.splice(0),
    close: async () => {
      await client.close();
      await proxy.close();
    },
  };
}

/** A database that notes the commands that are sent to it by `db.command`, and sends them. */
export function noting(db: Db, commands: Document[]): Db {
  const command = (asked: Document) => {
    commands.push(asked);
    return db.command(asked);
  };
  return new Proxy(db, {
    get: (target, name) => {
      if (name === "command") return command;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

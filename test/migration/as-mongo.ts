import { MongoServerError, type Db, type Document } from "mongodb";

/**
 * A database that refuses, as MongoDB does, what the embedded server accepts: a sparse index with
 * a partial filter, an expiry taken off by `off`, a second index of one signature whatever its
 * name and expiry, and to list the indexes of the server's own collections (SERVER-25622).
 *
 * @param unlisted the name of a collection whose indexes this user may not list either
 */
export function asMongo(db: Db, unlisted?: string): Db {
  const command = async (asked: Document) => {
    await refuse(db, asked);
    return db.command(asked);
  };
  const isUnlisted = (name: unknown) => String(name).startsWith("system.") || name === unlisted;
  const runCursorCommand = (asked: Document) =>
    "listIndexes" in asked && isUnlisted(asked.listIndexes)
      ? { toArray: () => Promise.reject(refusal(13, "not authorized")) }
      : db.runCursorCommand(asked);
  return new Proxy(db, {
    get: (target, name) => {
      if (name === "command") return command;
      if (name === "runCursorCommand") return runCursorCommand;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

async function refuse(db: Db, { createIndexes, indexes, index }: Document): Promise<void> {
  if ((index as Document | undefined)?.expireAfterSeconds === "off") {
    throw refusal(14, "expireAfterSeconds must be a number");
  }
  if (typeof createIndexes !== "string") return;
  const existing = await db
    .collection(createIndexes)
    .listIndexes()
    .toArray()
    .catch(() => []);
  for (const asked of indexes as Document[]) {
    if (asked.sparse && asked.partialFilterExpression) {
      throw refusal(67, "cannot mix partialFilterExpression and sparse");
    }
    const twin = (existing as Document[]).find((one) => signature(one) === signature(asked));
    if (twin && twin.name !== asked.name) throw refusal(85, "exists with a different name");
  }
}

const signature = ({ key, unique, sparse, partialFilterExpression, collation }: Document) =>
  JSON.stringify([
    key,
    unique ?? false,
    sparse ?? false,
    partialFilterExpression,
    (collation as Document | undefined)?.locale,
  ]);

const refusal = (code: number, message: string) =>
  new MongoServerError({ code, message, errmsg: message });

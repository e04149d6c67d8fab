import type { Collection, Db } from "mongodb";

/** The operations of a collection that are awaited. */
const operations: ReadonlySet<string | symbol> = new Set([
  "bulkWrite",
  "countDocuments",
  "deleteMany",
  "findOne",
  "insertMany",
  "replaceOne",
  "updateOne",
]);

/** A database each of whose operations waits for `before`: a moment for others to act. */
export function interleaved(database: Db, before: () => Promise<void>): Db {
  return new Proxy(database, {
    get(target, name) {
      if (name !== "collection") return memberOf(target, name);
      return (...of: Parameters<Db["collection"]>) => waiting(target.collection(...of), before);
    },
  });
}

function waiting(collection: Collection, before: () => Promise<void>): Collection {
  return new Proxy(collection, {
    get(target, name) {
      const member = memberOf(target, name);
      if (!operations.has(name) || typeof member !== "function") return member;
      return async (...of: unknown[]) => {
        await before();
        return Reflect.apply(member, target, of) as unknown;
      };
    },
  });
}

/** The driver's objects have private members, which a proxy has not. */
function memberOf(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name, target);
  return typeof member === "function" ? (member.bind(target) as unknown) : member;
}

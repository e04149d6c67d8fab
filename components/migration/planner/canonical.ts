import { createHash } from "node:crypto";
import { BSON } from "mongodb";
import type { WantedSchema } from "../../contract";

// Only values that MongoDB treats alike have the same canonical form: object keys and a validator's `required` are
// sorted, and numbers are plain.
function canonical(value: unknown): unknown {
  return sortMembers(BSON.EJSON.serialize(value, { relaxed: true }));
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]: [string, unknown]) => [
        key,
        key === "required" && Array.isArray(member) ? member.toSorted() : sortMembers(member),
      ]),
  );
}

/** Whether two values have the same canonical form. */
export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

/** SHA-256 of the wanted schema, in hex: equal settings have equal checksums. */
export function checksumOf({ collections, indexes }: WantedSchema): string {
  const wanted = indexes.map(({ collection, name, key, unique, sparse }) => {
    return { collection, name, key: Object.entries(key), unique, sparse };
  });
  return createHash("sha256")
    .update(JSON.stringify(canonical({ collections, indexes: wanted })))
    .digest("hex");
}

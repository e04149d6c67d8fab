/**
 * A JSON object as it was parsed: a plain object or, where that would lose the order of keys (a
 * key that looks like an integer goes first in a plain object), a map.
 */
export type JsonObject = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Whether a parsed or stored value is an object of JSON's kind: no array, no BSON type. */
export function isJsonObject(value: unknown): value is JsonObject {
  if (value instanceof Map) return true;
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** The members of an object in their order. */
export function membersOf(object: JsonObject): (readonly [string, unknown])[] {
  return object instanceof Map
    ? [...(object as ReadonlyMap<string, unknown>)]
    : Object.entries(object);
}

/** The value of a member whose name is written in any case. */
export function memberOf(object: JsonObject, name: string): unknown {
  const wanted = name.toLowerCase();
  return membersOf(object).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** The object of these members: a plain one where their order survives, else the map itself. */
export function objectOf(members: ReadonlyMap<string, unknown>): JsonObject {
  const object: Record<string, unknown> = Object.fromEntries(members);
  const order = [...members.keys()];
  return Object.keys(object).every((key, at) => key === order[at]) ? object : members;
}

import { visit } from "jsonc-parser";
import { Refusal, refusalIn } from "./errors";
import { exactNumber } from "./number";
import { type RawText, decode } from "./read";

/**
 * A parsed JSON object: a plain object, or a map if a plain object would change the order of keys, because it puts
 * integer-like keys first.
 */
export type JsonObject = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Whether a parsed or stored value is a JSON object: neither an array nor a BSON type. */
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

/** The names of an object's members in their order; with `valueIn` it makes no list for each member. */
export function namesIn(object: JsonObject): readonly string[] {
  return object instanceof Map
    ? [...(object as ReadonlyMap<string, unknown>).keys()]
    : Object.keys(object);
}

/** The value of a member that the object has. */
export function valueIn(object: JsonObject, name: string): unknown {
  return object instanceof Map
    ? (object as ReadonlyMap<string, unknown>).get(name)
    : (object as Readonly<Record<string, unknown>>)[name];
}

/** The value of a member, whose name may be in any case. */
export function memberOf(object: JsonObject, name: string): unknown {
  const wanted = name.toLowerCase();
  return membersOf(object).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** Sets a member of a plain object; one named `__proto__` would be its prototype. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true });
}

/** A plain object of these members if it keeps their order, otherwise the map. */
export function objectOf(members: ReadonlyMap<string, unknown>): JsonObject {
  const object: Record<string, unknown> = Object.fromEntries(members);
  const order = [...members.keys()];
  return Object.keys(object).every((key, at) => key === order[at]) ? object : members;
}

// Finds what `JSON.parse` may lose: integer-like keys, and numbers with ten digits or more, a fraction or an exponent.
// It also matches inside strings, which only costs time.
const lossy = /[:[,]\s*-?(?:\d{10,}|\d+[.eE][\d.eE+-]*)\s*[,\]}]|"(?:\d|\\u003\d)+"\s*:/;

/**
 * Parses a JSON text without loss: numbers become BSON numbers that hold them exactly, and keys keep their order. If
 * two members have one name, the last counts, as in the services' own reader.
 *
 * @throws SyntaxError if the text is not JSON
 * @throws Refusal (`number`) if no BSON type holds a number exactly
 */
export function parseJson(text: string): unknown {
  if (!lossy.test(text)) return JSON.parse(text);
  // Refuses a text that is not JSON. Its result must not be in memory beside the exact value.
  JSON.parse(text);
  return parseExactly(text);
}

/** An object or a list whose end is not parsed yet; `name` is its own name in the object that contains it. */
interface Open {
  readonly name: string;
  content: Record<string, unknown> | Map<string, unknown> | unknown[];
}

/** A plain object puts a member with such a name before the others. */
const integerLike = /^\d+$/;

function parseExactly(text: string): unknown {
  const root: unknown[] = [];
  const open: Open[] = [];
  let name = "";
  const add = (value: unknown) => {
    const content = open.at(-1)?.content ?? root;
    if (Array.isArray(content)) content.push(value);
    else if (content instanceof Map) content.set(name, value);
    else setMember(content, name, value);
  };
  const close = () => {
    const ended = open.pop();
    if (!ended) return;
    name = ended.name;
    add(ended.content instanceof Map ? objectOf(ended.content) : ended.content);
  };
  visit(text, {
    onObjectBegin: () => void open.push({ name, content: {} }),
    onObjectProperty: (property) => {
      name = property;
      const object = open.at(-1);
      // Maps for all objects would take twice the memory.
      if (object && integerLike.test(name) && !(object.content instanceof Map)) {
        object.content = new Map(Object.entries(object.content));
      }
    },
    onArrayBegin: () => void open.push({ name, content: [] }),
    onLiteralValue: (value: unknown, offset, length) => {
      const exact =
        typeof value === "number" ? exactNumber(text.slice(offset, offset + length)) : value;
      if (exact !== undefined) add(exact);
      else throw new Refusal("number", "it has a number that no BSON type holds without loss");
    },
    onObjectEnd: close,
    onArrayEnd: close,
  });
  return root[0];
}

/**
 * Parses the JSON in a text.
 *
 * @throws Refusal if it is too long, empty, not UTF-8 or not JSON, or has a number that BSON cannot hold
 */
export function parse(text: RawText): unknown {
  const { bytes, length } = text;
  if (!bytes) throw new Refusal("too-large", `it has ${length} bytes, more than a record can have`);
  if (bytes.length === 0) throw new Refusal("not-json", "the file is empty");
  const json = decode(text);
  if (json === undefined) throw new Refusal("not-utf8", "it is not valid UTF-8");
  try {
    return parseJson(json);
  } catch (error) {
    if (error instanceof SyntaxError) {
      // Only the position is kept: the engine's own message quotes the text, which may hold a secret.
      const [location] = /at position \d+/.exec(error.message) ?? [];
      throw new Refusal("not-json", location ? `not valid JSON ${location}` : "not valid JSON");
    }
    if (error instanceof RangeError) throw new Refusal("form", "it is nested too deeply");
    throw error;
  }
}

/** Parses the JSON object in a text. Returns undefined for any other text: reading its record refuses it. */
export function objectIn(text: RawText): JsonObject | undefined {
  try {
    const value = parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    refusalIn(error);
    return undefined;
  }
}

/** MongoDB's maximum number of nested levels; the document itself is level 1. */
const maxDepth = 100;

/** A value that BSON cannot hold, with its path below the checked value. */
interface Unstorable {
  readonly path: string;
  readonly problem: string;
}

/**
 * Finds a value that BSON cannot hold in a parsed value; undefined if there is none. Builds the path while it returns,
 * because hardly any value has a problem.
 *
 * @param depth the value's level; the document is level 1
 * @see https://www.mongodb.com/docs/manual/reference/limits/
 */
export function findUnstorable(value: unknown, depth = 2): Unstorable | undefined {
  if (typeof value === "string") return halfPair.test(value) ? hasHalfPair : undefined;
  const isList = Array.isArray(value);
  if (!isList && !isJsonObject(value)) return undefined;
  if (depth > maxDepth) return { path: "", problem: `is nested deeper than ${maxDepth} levels` };
  if (isList) {
    for (let at = 0; at < value.length; at += 1) {
      const found = findUnstorable(value[at], depth + 1);
      if (found) return { ...found, path: `[${at}]${found.path}` };
    }
    return undefined;
  }
  for (const name of namesIn(value)) {
    if (name.includes("\0")) return { path: "", problem: "has a name with a null character" };
    // The driver treats an object with this member as a BSON type of its own.
    if (name === "_bsontype") return { path: "", problem: "has the reserved name _bsontype" };
    if (halfPair.test(name)) return hasHalfPair;
    const found = findUnstorable(valueIn(value, name), depth + 1);
    if (found) return { ...found, path: `.${name}${found.path}` };
  }
  return undefined;
}

/** UTF-8, and so BSON, cannot hold half a surrogate pair. */
const halfPair = /\p{Surrogate}/u;
const hasHalfPair: Unstorable = { path: "", problem: "contains half a surrogate pair" };

import { isDeepStrictEqual } from "node:util";
import { ValuesFileError } from "./file";

/** Where a service's environment stands in a values file. */
export interface Place {
  /** The file, for messages. */
  readonly file: string;
  /** The keys that lead to the list or map. */
  readonly path: readonly string[];
  /** Our keys, the mode's first. A file may spell them in any case. */
  readonly keys: readonly string[];
}

/** `list`: `{ name, value }` or `{ name, valueFrom }`; `map`: `NAME: value`. */
export type Form = "list" | "map";

/** One of our keys as a file states it. */
export interface Stated {
  readonly name: string;
  /** A text, what stands under `valueFrom`, or undefined where there is no value. */
  readonly value?: unknown;
}

/** What a place is to state: these of our keys, and none of the others. */
export interface Statement {
  readonly place: Place;
  readonly entries: readonly Stated[];
}

type Plain = Readonly<Record<string, unknown>>;

/** Our key that a name is, in our spelling; undefined for one of the site's own. */
export function ourKey(name: unknown, { keys }: Place): string | undefined {
  if (typeof name !== "string") return undefined;
  return keys.find((key) => key.toLowerCase() === name.toLowerCase());
}

/**
 * Our keys in the parsed text of a values file.
 *
 * @throws ValuesFileError if the place is neither a list nor a map, or holds one of our keys twice
 */
export function findStatements(content: unknown, place: Place): Stated[] {
  const form = formIn(content, place);
  const stated = membersIn(content, place).flatMap(([name, member]) => {
    const key = ourKey(name, place);
    return key === undefined ? [] : [{ name: key, value: valueOf(member, form, place, key) }];
  });
  const twice = stated.find(({ name }, at) => stated.findIndex((one) => one.name === name) !== at);
  if (twice === undefined) return stated;
  throw refuse(
    place,
    `${describePath(place)} contains ${twice.name} twice`,
    "Keep the one that applies.",
  );
}

/** Whether the parsed text states exactly these of our keys. */
export function states(content: unknown, { place, entries }: Statement): boolean {
  const stated = findStatements(content, place);
  return stated.length === entries.length && entries.every((entry) => isAmong(stated, entry));
}

/** Whether a key is there with this very value. */
export function isAmong(stated: readonly Stated[], { name, value }: Stated): boolean {
  return stated.some((one) => one.name === name && isDeepStrictEqual(one.value, value));
}

/**
 * Whether our keys are members of a list or of a map. Their site decides: an empty list or map counts, and
 * a place that is not there becomes a list.
 *
 * @throws ValuesFileError if the place is neither
 */
export function formIn(content: unknown, place: Place): Form {
  const node = nodeAt(content, place);
  if (isPlain(node)) return "map";
  if (node === null || node === undefined || Array.isArray(node)) return "list";
  throw refuse(place, `${describePath(place)} is neither a list nor a map`, checkPath);
}

/** The names and members at a place. A list's member is its item, a map's is the value of its key. */
function membersIn(content: unknown, place: Place): [name: unknown, member: unknown][] {
  const node = nodeAt(content, place);
  if (Array.isArray(node)) {
    return node.map((item: unknown) => [isPlain(item) ? item.name : undefined, item]);
  }
  return isPlain(node) ? Object.entries(node) : [];
}

function nodeAt(content: unknown, place: Place): unknown {
  return place.path.reduce<unknown>((outer, key) => {
    if (outer === null || outer === undefined) return undefined;
    if (isPlain(outer)) return outer[key];
    throw refuse(place, `a part of ${describePath(place)} is not a map`, checkPath);
  }, content);
}

function valueOf(member: unknown, form: Form, place: Place, key: string): unknown {
  if (!isPlain(member)) return member ?? undefined;
  if (form === "list" && "value" in member && "valueFrom" in member) {
    throw refuse(place, `${key} has both value and valueFrom`, "Keep the one that applies.");
  }
  return member.valueFrom ?? (form === "list" ? (member.value ?? undefined) : member);
}

/** What the parsed text says apart from our keys, and from the empty places that they leave. */
export function siteOwn(content: unknown, place: Place, path = place.path): unknown {
  const [key, ...below] = path;
  if (key === undefined) return fillNode(othersOf(content, place));
  if (!isPlain(content) || !(key in content)) return fillNode(content);
  const inner = siteOwn(content[key], place, below);
  const others = Object.entries(content).filter(([name]) => name !== key);
  return fillNode(Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]));
}

function othersOf(node: unknown, place: Place): unknown {
  const isOurs = (name: unknown) => ourKey(name, place) !== undefined;
  if (Array.isArray(node)) {
    return node.filter((item: unknown) => !(isPlain(item) && isOurs(item.name)));
  }
  if (!isPlain(node)) return node;
  return Object.fromEntries(Object.entries(node).filter(([name]) => !isOurs(name)));
}

/** Whether a value of a parsed file is a map. */
export function isPlain(node: unknown): node is Plain {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

function fillNode(node: unknown): unknown {
  const empty = node === null || (typeof node === "object" && Object.keys(node).length === 0);
  return empty ? undefined : node;
}

/** The key and the value by which a list's item states a variable's value. */
export function listMember(value: unknown): [key: "value" | "valueFrom", value: unknown] {
  return [isPlain(value) ? "valueFrom" : "value", value];
}

/** What stands under a variable's name in a map. */
export function mapMember(value: unknown): unknown {
  return isPlain(value) ? { valueFrom: value } : value;
}

const checkPath = "Fix the file, or set rollout.worker.path or rollout.web.path.";
const describePath = ({ path }: Place) => path.join(".");
const refuse = ({ file }: Place, found: string, advice: string) =>
  new ValuesFileError(file, found, advice);

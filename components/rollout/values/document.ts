import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parse,
  parseDocument,
  Scalar,
  type ToStringOptions,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { ValuesFileError } from "./file";
import {
  isAmong,
  type Form,
  formIn,
  listMember,
  mapMember,
  ourKey,
  type Place,
  siteOwn,
  type Stated,
  findStatements,
  type Statement,
  states,
} from "./statement";
import { asHelm } from "./yaml";

/**
 * How our keys stand in a values file. The texts in it may be secret: a site may have had its
 * connection string there.
 *
 * @throws ValuesFileError if the file is not YAML, or the place is neither a list nor a map
 */
export function readStated(text: string, place: Place): Stated[] {
  return findStatements(parseContent(text, place.file), place);
}

/**
 * The text with a place stating what it is to state. A text that does so already comes back as it is;
 * else the `yaml` library writes it, which keeps comments and may change the layout.
 *
 * @throws ValuesFileError where the file is no YAML, or where the edit would change what the file says
 *   of anything else (an alias, a merge): it is parsed before and after
 */
export function withStatement(text: string, wanted: Statement): string {
  const { place } = wanted;
  const document = documentOf(text, place.file);
  const before = parseContent(text, place.file);
  if (states(before, wanted)) return text;
  state(document, wanted, before);
  const written = inLayoutOf(text, document);
  const after = parseContent(written, place.file);
  const own = (content: unknown) => siteOwn(content, place);
  const isSafe = isDeepStrictEqual(own(after), own(before)) && states(after, wanted);
  if (!isSafe) throw cannotEdit(wanted);
  return written;
}

/** What a values file says, as Helm reads it. @throws ValuesFileError if it is not valid YAML */
export function parseContent(text: string, file: string): unknown {
  return documentOf(text, file).toJS({ maxAliasCount: -1 });
}

/**
 * A file as it is read by Helm. The parser's own words may quote the file, so an error has only its code
 * and the line.
 */
function documentOf(text: string, file: string): Document {
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replaceAll("\r\n", "\n"), {
    ...{ ...asHelm, prettyErrors: false, lineCounter },
  });
  const [error] = document.errors;
  if (!error) return document;
  const { line } = lineCounter.linePos(error.pos[0]);
  const several = error.code === "MULTIPLE_DOCS";
  throw new ValuesFileError(
    file,
    several
      ? `it holds several YAML documents (the second begins at line ${line})`
      : `it is not valid YAML (line ${line}: ${error.code})`,
    several ? "Keep one document in it." : "Fix the syntax.",
  );
}

/** Changes what is there in its place, adds what is missing beside ours, and takes out the rest. */
function state(document: Document, { place, entries }: Statement, content: unknown): void {
  const form = formIn(content, place);
  const collection = collectionAt(document, place.path, form, entries.length > 0);
  if (!collection) return;
  const items = collection.items as (Node | Pair | null)[];
  const keyOf = (item: Node | Pair | null) => ourKey(nameOf(item, form), place);
  const stated = findStatements(content, place);
  const kept = items.filter((item) => {
    const key = keyOf(item);
    return key === undefined || entries.some(({ name }) => name === key);
  });
  for (const entry of entries) {
    const item = kept.find((one) => keyOf(one) === entry.name);
    const behind = kept.findLastIndex((one) => keyOf(one) !== undefined);
    if (!item)
      kept.splice(behind < 0 ? kept.length : behind + 1, 0, newItem(document, entry, form));
    else if (!isAmong(stated, entry)) change(document, item, form, entry.value);
  }
  collection.items = kept;
  // An empty map is Helm's merge of nothing, and says that the next variables are a map, too.
  if (form === "map") return;
  // An empty list would take a chart's own default away.
  for (let path = place.path; isEmptyAt(document, path); path = path.slice(0, -1)) {
    document.deleteIn(path);
  }
}

const isEmptyAt = (document: Document, path: readonly string[]) =>
  path.length > 0 && isVacant(document.getIn(path, true));

/** The collection at a place, made with as much of the path as is missing; undefined for none. */
function collectionAt(
  document: Document,
  path: readonly string[],
  form: Form,
  isWanted: boolean,
): YAMLMap | YAMLSeq | undefined {
  const depth = path.findIndex((_, at) => isVacant(document.getIn(path.slice(0, at + 1), true)));
  if (depth < 0) return collectionOf(document.getIn(path, true));
  if (!isWanted) return undefined;
  const made = form === "list" ? new YAMLSeq(document.schema) : new YAMLMap(document.schema);
  const vacant = document.getIn(path.slice(0, depth + 1), true);
  // What stands behind `env: []` would be lost with it.
  if (isCollection(vacant) || isScalar(vacant)) made.commentBefore = vacant.comment ?? null;
  if (isVacant(document.contents)) document.contents = new YAMLMap(document.schema);
  const below = path.slice(depth + 1).reduceRight<Node>((inner, key) => {
    const outer = new YAMLMap(document.schema);
    outer.set(scalar(key), inner);
    return outer;
  }, made);
  document.setIn(path.slice(0, depth + 1), below);
  return made;
}

const collectionOf = (node: unknown) => (isSeq(node) || isMap(node) ? node : undefined);

/** Nothing, null, `[]` or `{}`. */
function isVacant(node: unknown): boolean {
  if (node === undefined || node === null) return true;
  return isScalar(node) ? node.value === null : isCollection(node) && node.items.length === 0;
}

function nameOf(item: Node | Pair | null, form: Form): unknown {
  if (form === "list") return isMap(item) ? item.get("name") : undefined;
  const key = (item as Pair | null)?.key;
  return isScalar(key) ? key.value : key;
}

function change(document: Document, item: Node | Pair, form: Form, value: unknown): void {
  if (form === "map") {
    const pair = item as Pair;
    pair.value = valueNode(document, mapMember(value), pair.value);
    return;
  }
  const map = item as YAMLMap;
  const [key, member] = listMember(value);
  map.delete(key === "value" ? "valueFrom" : "value");
  map.set(key, valueNode(document, member, map.get(key, true)));
}

/** A value in the place of another, in whose quotes and with whose comment a text is written. */
function valueNode(document: Document, value: unknown, former: unknown): Node {
  if (typeof value !== "string")
    return document.createNode(value, { aliasDuplicateObjects: false });
  const node = scalar(value);
  if (!isScalar(former)) return node;
  node.comment = former.comment ?? null;
  if (former.type === "QUOTE_SINGLE" || former.type === "QUOTE_DOUBLE") node.type = former.type;
  return node;
}

function newItem(document: Document, { name, value }: Stated, form: Form): Node | Pair {
  if (form === "map") {
    return document.createPair(name, valueNode(document, mapMember(value), undefined));
  }
  const map = new YAMLMap(document.schema);
  const [key, member] = listMember(value);
  map.set("name", scalar(name));
  map.set(key, valueNode(document, member, undefined));
  return map;
}

/** A text, in quotes where Helm, which reads YAML 1.1, would take it for something else (`yes`). */
function scalar(text: string): Scalar<string> {
  const node = new Scalar(text);
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(text) && parse(text, asHelm) === text;
  node.type = isPlain ? "PLAIN" : "QUOTE_DOUBLE";
  return node;
}

const layouts: readonly ToStringOptions[] = [2, 4].flatMap((indent) =>
  [true, false].flatMap((indentSeq) =>
    [true, false].map((flowCollectionPadding) => ({ indent, indentSeq, flowCollectionPadding })),
  ),
);

/** A document in the layout, of those that the library has, in which most of the text's lines stay. */
function inLayoutOf(text: string, document: Document): string {
  const lines = new Set(text.split(/\r?\n/));
  const ratio = (written: string) => written.split("\n").filter((line) => lines.has(line)).length;
  const written = layouts.map((layout) => document.toString({ ...layout, lineWidth: 0 }));
  const closest = written.reduce((best, one) => (ratio(one) > ratio(best) ? one : best));
  const mark = text.startsWith("\uFEFF") && !closest.startsWith("\uFEFF") ? "\uFEFF" : "";
  return mark + (text.includes("\r\n") ? closest.replaceAll("\n", "\r\n") : closest);
}

function cannotEdit({ place: { file, path }, entries }: Statement): ValuesFileError {
  const keys = entries.map(({ name }) => name).join(", ");
  return new ValuesFileError(
    file,
    `an edit of ${path.join(".")} would change other values (an anchor, an alias or a merge)`,
    `Write it out without anchors, aliases and merges, or set these by hand: ${keys}.`,
  );
}

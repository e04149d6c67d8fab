import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { ValuesFileError } from "../errors";
import { locate, refuseMerged, spanOf, type Location, type Place } from "./place";
import { contentSpan, type Span } from "./spans";
import {
  holdsShared,
  isFlow,
  isVacant,
  pairOf,
  parseValues,
  type Values,
  type ValuesMap,
  type ValuesPair,
} from "./values";

/** One variable in the file. */
export interface Item extends Span {
  /** Our key that it is, in our spelling; undefined for a variable of the site's own. */
  readonly key: string | undefined;
  /** The node of a list's item. */
  readonly map?: ValuesMap;
  /** The pair that holds the value: `value` or `valueFrom` in a list, `NAME` in a map. */
  readonly pair: ValuesPair | undefined;
  /** A text, what stands under `valueFrom`, or undefined where there is no value. */
  readonly value: unknown;
}

/** The environment as a file holds it. */
export interface Environment {
  readonly values: Values;
  readonly location: Location;
  readonly items: readonly Item[];
  /** Whether the items stand in a flow collection (`[...]` or `{...}`). */
  readonly flow: boolean;
}

/**
 * Reads the environment out of a values file.
 *
 * @throws ValuesFileError where its form is another one, or where one of our variables is there
 *   twice or shared by an anchor
 */
export function environmentIn(text: string, place: Place): Environment {
  const values = parseValues(text, place.file);
  const location = locate(values, place.path);
  const exists = location.pairs.length === place.path.length;
  const items = exists ? itemsOf(values, location.node, place) : [];
  refuseTwice(items, place);
  return { values, location, items, flow: exists && isFlow(location.node) };
}

function itemsOf(values: Values, node: ParsedNode | null, place: Place): Item[] {
  if (isScalar(node) && node.value === null) return [];
  if (isSeq(node) && place.form === "list") {
    const spans = node.srcToken?.items.map(contentSpan).filter((span) => span !== undefined) ?? [];
    return spans.map((span, at) => listItem(values, node.items[at] ?? null, span, place));
  }
  if (isMap(node) && place.form === "map") {
    refuseMerged(place.file, node, place.path);
    return node.items.map((pair) => mapItem(values, pair, place));
  }
  throw new ValuesFileError(
    place.file,
    `${place.path.join(".")} is no ${place.form}`,
    "Set form: list or form: map of rollout.worker or rollout.web as the chart wants it.",
  );
}

function listItem(values: Values, node: ParsedNode | null, span: Span, place: Place): Item {
  const map = isAlias(node) ? node.resolve(values.document) : node;
  const key = isMap(map) ? ourKey(map.get("name"), place) : undefined;
  if (key === undefined) return { ...span, key, pair: undefined, value: undefined };
  if (!isMap<ParsedNode, ParsedNode | null>(node) || holdsShared(node)) throw shared(place, key);
  const [text, from] = [pairOf(node, "value"), pairOf(node, "valueFrom")];
  if (text && from) {
    throw new ValuesFileError(
      place.file,
      `${key} has both value and valueFrom`,
      "Leave the one that counts.",
    );
  }
  const value = from ? referenceOf(values, from.value) : textOf(values, text?.value);
  return { ...span, key, map: node, pair: text ?? from, value };
}

function mapItem(values: Values, pair: ValuesPair, place: Place): Item {
  const span = spanOf(pair);
  const key = ourKey(isScalar(pair.key) ? pair.key.value : undefined, place);
  if (key === undefined) return { ...span, key, pair, value: undefined };
  if (holdsShared(pair.key) || (pair.value && holdsShared(pair.value))) throw shared(place, key);
  const from = isMap(pair.value) ? pairOf(pair.value, "valueFrom") : undefined;
  const value = from ? referenceOf(values, from.value) : textOf(values, pair.value);
  return { ...span, key, pair, value };
}

function ourKey(name: unknown, place: Place): string | undefined {
  if (typeof name !== "string") return undefined;
  return place.keys.find((key) => key.toLowerCase() === name.toLowerCase());
}

function textOf(values: Values, node: ParsedNode | null | undefined): unknown {
  if (!node || isVacant(node)) return undefined;
  if (!isScalar(node)) return { structure: node.toJS(values.document) as unknown };
  return typeof node.value === "string" ? node.value : node.source;
}

function referenceOf(values: Values, node: ParsedNode | null): unknown {
  return node?.toJS(values.document);
}

/** Whether an item has this value. */
export function says(item: Item, value: unknown): boolean {
  return isDeepStrictEqual(item.value, value);
}

function refuseTwice(items: readonly Item[], place: Place): void {
  const keys = items.map(({ key }) => key).filter((key) => key !== undefined);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice === undefined) return;
  throw new ValuesFileError(
    place.file,
    `${place.path.join(".")} holds ${twice} twice`,
    "Leave the one that counts.",
  );
}

function shared(place: Place, key: string) {
  return new ValuesFileError(
    place.file,
    `${key} has an anchor, an alias or a tag`,
    "Write it out there without one.",
  );
}

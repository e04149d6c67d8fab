import { isMap } from "yaml";
import { cut, insertedAfter, linesBelow, type Content } from "./insert";
import type { Environment } from "./items";
import { spanOf, valueSpan, type Location, type Place } from "./place";
import { blockPath, flowPath } from "./render";
import { columnOf, lineEnd, previousLineEnd, spliced, type Splice } from "./spans";
import {
  indentationOf,
  isFlow,
  isVacant,
  type Values,
  type ValuesMap,
  type ValuesPair,
} from "./values";

/**
 * How an environment without any variable stood: `depth` keys of its path existed; `raw` is what
 * stood behind the last of them (` []`, or nothing), absent where that was a map without the next.
 */
export interface Vacancy {
  readonly depth: number;
  readonly raw?: string;
}

/** How the environment is empty; undefined where it is not. */
export function vacancyIn({ values, location, items }: Environment): Vacancy | undefined {
  if (items.length > 0) return undefined;
  const { pairs, node } = location;
  const depth = pairs.length;
  if (!isVacant(node)) return { depth };
  const pair = pairs.at(-1);
  if (pair) {
    const { colon, end } = valueSpan(pair);
    return { depth, raw: values.text.slice(colon, end) };
  }
  if (!isMap(node)) return { depth };
  return { depth, raw: values.text.slice(node.range[0], node.range[1]) };
}

/** The first variable, with as much of the path as is missing. */
export function founding(environment: Environment, place: Place, content: Content): Splice[] {
  const { values, location } = environment;
  const { pairs, node } = location;
  const missing = place.path.slice(pairs.length);
  const indentation = indentationOf(values);
  const block = blockPath(missing, content.block, place.form, indentation);
  const pair = pairs.at(-1);
  if (!isVacant(node)) return [inMap(environment, node as ValuesMap, place, content)];
  if (!pair) return [atTop(environment, block)];
  const { colon, end } = valueSpan(pair);
  if (location.insideFlow) {
    return [{ start: colon, end, text: ` ${flowPath(missing, content.flow, place.form)}` }];
  }
  const by = missing.length === 0 && place.form === "list" ? indentation.dash : indentation.step;
  const column = columnOf(values.text, spanOf(pair).start) + by;
  return [{ start: colon, end, text: "" }, linesBelow(values, end, block, column)];
}

/** In a map that has other keys: behind the last. */
function inMap(
  { values, location }: Environment,
  map: ValuesMap,
  { path, form }: Place,
  content: Content,
): Splice {
  const missing = path.slice(location.pairs.length);
  const key = JSON.stringify(missing[0]);
  return insertedAfter(values, spanOf(map.items.at(-1)), map.flow === true, {
    block: blockPath(missing, content.block, form, indentationOf(values)),
    flow: `${key}: ${flowPath(missing.slice(1), content.flow, form)}`,
  });
}

/** In a file without any value: in the place of `{}`, else below its comments. */
function atTop({ values, location }: Environment, lines: readonly string[]): Splice {
  const { text, lineBreak } = values;
  if (isMap(location.node)) {
    const [start, end] = location.node.range;
    return { start, end, text: lines.join(lineBreak) };
  }
  const at = text.endsWith("\n") ? previousLineEnd(text, text.length) : text.length;
  return { start: at, end: at, text: (at > 0 ? lineBreak : "") + lines.join(lineBreak) };
}

/**
 * The text with the environment empty again as it was; undefined where something of the site's
 * own has come into what we made.
 */
export function vacated(environment: Environment, place: Place, was: Vacancy): string | undefined {
  const { values, location } = environment;
  if (!isAllOurs(environment, place, was)) return undefined;
  const { depth, raw } = was;
  if (raw === undefined) return spliced(values.text, [withoutPair(environment, depth)]);
  const pair = location.pairs[depth - 1];
  return spliced(values.text, pair ? emptied(values, pair, raw) : [emptyTop(location, raw)]);
}

function isAllOurs({ location, items }: Environment, { path }: Place, was: Vacancy): boolean {
  const { pairs, maps } = location;
  const made = maps.slice(was.raw === undefined ? was.depth + 1 : was.depth);
  return (
    pairs.length === path.length &&
    items.length > 0 &&
    items.every(({ key }) => key !== undefined) &&
    made.every((map) => map.items.length === 1)
  );
}

/** Takes the key that we made out of the map that was there. */
function withoutPair({ values, location }: Environment, depth: number): Splice {
  const map = location.maps[depth];
  const made = spanOf(location.pairs[depth]);
  const spans = map?.items.map(spanOf) ?? [];
  return { ...cut(values.text, made, spans, map?.flow === true), text: "" };
}

/** Puts what stood behind a key back there, in the place of the lines below it. */
function emptied({ text }: Values, pair: ValuesPair, raw: string): Splice[] {
  const { colon, end } = valueSpan(pair);
  if (isFlow(pair.value)) return [{ start: colon, end, text: raw }];
  return [
    { start: colon, end: colon, text: raw },
    { start: lineEnd(text, colon), end: lineEnd(text, end), text: "" },
  ];
}

function emptyTop({ maps, pairs }: Location, raw: string): Splice {
  const { start } = spanOf(pairs[0]);
  return { start, end: spanOf(maps[0]?.items.at(-1)).end, text: raw };
}

import { isScalar } from "yaml";
import type { EnvironmentValue } from "../../environment";
import { insertedAfter } from "./insert";
import type { Environment, Item } from "./items";
import { spanOf, type Place } from "./place";
import { blockPair, flow, listMember, mapMember, scalar } from "./render";
import { columnOf, type Splice } from "./spans";
import { indentationOf, pairOf, type ValuesPair } from "./values";

/** Another value for a variable that is there: its name, its quotes and comments stay. */
export function changedValue(
  environment: Environment,
  item: Item,
  value: EnvironmentValue,
  form: Place["form"],
): Splice {
  const { pair } = item;
  const text = pair && typeof value === "string" ? changedText(pair, value, form) : undefined;
  return text ?? changedPair(environment, item, value, form);
}

/** A text in place of another, in its style; undefined where no text on the line stands there. */
function changedText(pair: ValuesPair, text: string, form: Place["form"]): Splice | undefined {
  const { key, value } = pair;
  const states = form === "map" || (isScalar(key) && key.value === "value");
  if (!states || !isScalar(value) || value.value === null) return undefined;
  const { type, range } = value;
  if (type !== "PLAIN" && type !== "QUOTE_SINGLE" && type !== "QUOTE_DOUBLE") return undefined;
  return { start: range[0], end: range[1], text: scalar(text, type) };
}

function changedPair(
  { values, flow: inFlowMap }: Environment,
  { map, pair }: Item,
  value: EnvironmentValue,
  form: Place["form"],
): Splice {
  const inFlow = map ? map.flow === true : inFlowMap;
  const [name, member] = form === "map" ? ["", mapMember(value)] : listMember(value);
  const key = form === "map" && pair ? sourceOf(values.text, pair) : name;
  const content = {
    block: blockPair(key, member, indentationOf(values).step),
    flow: `${form === "map" ? key : JSON.stringify(key)}: ${flow(member)}`,
  };
  if (!pair) return insertedAfter(values, spanOf(map && pairOf(map, "name")), inFlow, content);
  const span = spanOf(pair);
  const margin = values.lineBreak + " ".repeat(columnOf(values.text, span.start));
  return { ...span, text: inFlow ? content.flow : content.block.join(margin) };
}

/** A key as the file spells and quotes it. */
function sourceOf(text: string, { key }: ValuesPair): string {
  return text.slice(key.range[0], key.range[1]);
}

import type { Entry } from "../../environment";
import { changedValue } from "./change";
import { cut, insertedAfter, type Content } from "./insert";
import { environmentIn, says, type Environment } from "./items";
import type { Place } from "./place";
import { blockItem, flowItem } from "./render";
import { spliced } from "./spans";
import { founding } from "./vacancy";
import { indentationOf } from "./values";

/** The text with one of our variables saying what is wanted; the same text where it does. */
export function withEntry(text: string, place: Place, entry: Entry): string {
  const environment = environmentIn(text, place);
  const item = environment.items.find(({ key }) => key === entry.name);
  if (item) {
    if (says(item, entry.value)) return text;
    return spliced(text, [changedValue(environment, item, entry.value, place.form)]);
  }
  return withNew(environment, place, {
    block: blockItem(entry, place.form, indentationOf(environment.values).step),
    flow: flowItem(entry, place.form),
  });
}

/** The text with a new item beside ours, else as the environment's last. */
export function withNew(environment: Environment, place: Place, content: Content): string {
  const { values, items, flow } = environment;
  const beside = items.findLast(({ key }) => key !== undefined) ?? items.at(-1);
  const splices = beside
    ? [insertedAfter(values, beside, flow, content)]
    : founding(environment, place, content);
  return spliced(values.text, splices);
}

/** The text without one of our variables. */
export function withoutEntry(text: string, place: Place, name: string): string {
  const { items, flow } = environmentIn(text, place);
  const item = items.find(({ key }) => key === name);
  return item ? spliced(text, [{ ...cut(text, item, items, flow), text: "" }]) : text;
}

import { withNew, withoutEntry } from "./edit";
import { environmentIn, type Environment, type Item } from "./items";
import { valueSpan, type Place } from "./place";
import { columnOf, lineEnd, spliced, type Splice } from "./spans";
import { vacancyIn, type Vacancy } from "./vacancy";

/** One of our variables as it stands in a file; `value` and `raw` may be secret. */
export interface StandingEntry {
  readonly name: string;
  /** A text, or what stands under `valueFrom`; absent where there is no value. */
  readonly value?: unknown;
  /** Its own text in the file, from its first character, at this column. */
  readonly raw: string;
  readonly column: number;
  /** Its number among all variables there, and the text between it and its neighbour. */
  readonly at: number;
  readonly gap: string;
}

/** How our variables stand in a file, in full: enough to put them back byte for byte. */
export interface Standing {
  /** In the order of the file. */
  readonly entries: readonly StandingEntry[];
  /** How many variables of the site's own stand beside them. */
  readonly others: number;
  /** How the environment is empty, where it has no variable at all. */
  readonly vacancy?: Vacancy;
}

/** How our variables stand in an environment. */
export function standingIn(environment: Environment): Standing {
  const vacancy = vacancyIn(environment);
  const entries = environment.items
    .map((item, at) => standing(environment, item, at))
    .filter((entry) => entry !== undefined);
  const others = environment.items.length - entries.length;
  return { entries, others, ...(vacancy && { vacancy }) };
}

function standing(environment: Environment, item: Item, at: number): StandingEntry | undefined {
  if (item.key === undefined) return undefined;
  const { text } = environment.values;
  return {
    name: item.key,
    ...(item.value !== undefined && { value: item.value }),
    raw: text.slice(item.start, ownEnd(environment, item)),
    column: columnOf(text, item.start),
    at,
    gap: gapOf(environment, item, at),
  };
}

/** In block style the comment at the end of its line is an item's own. */
function ownEnd({ values, flow }: Environment, item: Item): number {
  return flow ? item.end : lineEnd(values.text, item.end);
}

/** The text to the neighbour before it; for the first of a flow collection, to the one after. */
function gapOf(environment: Environment, item: Item, at: number): string {
  const { values, items, flow } = environment;
  if (flow && at === 0) return items[1] ? values.text.slice(item.end, items[1].start) : ", ";
  return values.text.slice(endBefore(environment, at), item.start);
}

/** The end of the item before a number; before the first, of the line of the environment's key. */
function endBefore(environment: Environment, at: number): number {
  const previous = environment.items[at - 1];
  if (previous) return ownEnd(environment, previous);
  const { colon } = valueSpan(environment.location.pairs.at(-1));
  return lineEnd(environment.values.text, colon);
}

/** The text with our variables as they stood, beside others of ours that came since. */
export function withStandings(text: string, place: Place, before: Standing): string {
  const moved = new Set<StandingEntry>();
  let placed = text;
  // Lines that go in come first, while those around them are as they are.
  for (const entry of before.entries) {
    if (isInPlace(environmentIn(placed, place), entry, before)) continue;
    placed = inserted(withoutEntry(placed, place, entry.name), place, entry, before);
    moved.add(entry);
  }
  const stayed = before.entries.filter((entry) => !moved.has(entry));
  return stayed.reduce((edited, entry) => replaced(edited, place, entry), placed);
}

/**
 * Whether an entry is where it was. Where variables of the site's own have come or gone since,
 * its place is theirs to choose.
 */
function isInPlace({ items }: Environment, entry: StandingEntry, before: Standing): boolean {
  if (!items.some(({ key }) => key === entry.name)) return false;
  const others = items.filter(({ key }) => key === undefined);
  if (others.length !== before.others) return true;
  const known = items.filter(
    ({ key }) => key === undefined || before.entries.some(({ name }) => name === key),
  );
  return known.findIndex(({ key }) => key === entry.name) === indexFor(known, entry, before);
}

/** Where an entry belongs among items: behind the one that stood before it. */
function indexFor(items: readonly Item[], { at }: StandingEntry, before: Standing): number {
  if (at === 0) return 0;
  const ours = before.entries.find((entry) => entry.at === at - 1);
  if (ours) return items.findIndex(({ key }) => key === ours.name) + 1;
  const others = items.filter(({ key }) => key === undefined);
  const oursBefore = before.entries.filter((entry) => entry.at < at).length;
  const previous = others[at - oursBefore - 1];
  return previous ? items.indexOf(previous) + 1 : items.length;
}

function inserted(text: string, place: Place, entry: StandingEntry, before: Standing): string {
  const environment = environmentIn(text, place);
  const { items, flow } = environment;
  const [first] = items;
  if (!first) return withNew(environment, place, { block: linesOf(entry), flow: entry.raw });
  const at = indexFor(items, entry, before);
  return spliced(text, [flow ? inFlow(items, entry, at) : inBlock(environment, entry, at, first)]);
}

function replaced(text: string, place: Place, entry: StandingEntry): string {
  const environment = environmentIn(text, place);
  const item = environment.items.find(({ key }) => key === entry.name);
  if (!item) return text;
  const raw = atColumn(entry, columnOf(text, item.start));
  return spliced(text, [{ start: item.start, end: ownEnd(environment, item), text: raw }]);
}

function inFlow(items: readonly Item[], { raw, gap }: StandingEntry, at: number): Splice {
  const previous = items[at - 1];
  const start = previous?.end ?? items[0]?.start ?? 0;
  return { start, end: start, text: previous ? gap + raw : raw + gap };
}

/** Below as many lines of comments and blanks as stood between it and the one before. */
function inBlock(environment: Environment, entry: StandingEntry, at: number, first: Item): Splice {
  const { text, lineBreak } = environment.values;
  let start = endBefore(environment, at);
  for (let lines = entry.gap.split("\n").length - 2; lines > 0; lines -= 1) {
    const end = lineEnd(text, text.indexOf("\n", start) + 1);
    if (!/^\s*(#.*)?$/.test(text.slice(start, end))) break;
    start = end;
  }
  const column = columnOf(text, first.start);
  const raw = lineBreak + " ".repeat(column) + atColumn(entry, column);
  return { start, end: start, text: raw };
}

/** The entry's own text, moved where the environment is indented otherwise than it was. */
function atColumn(entry: StandingEntry, column: number): string {
  if (column === entry.column) return entry.raw;
  return linesOf(entry).join(`\n${" ".repeat(column)}`);
}

/** Its lines without the indentation that they had. */
function linesOf({ raw, column }: StandingEntry): string[] {
  const indentation = new RegExp(`^ {0,${column}}`);
  return raw.split(/\r?\n/).map((line, at) => (at === 0 ? line : line.replace(indentation, "")));
}

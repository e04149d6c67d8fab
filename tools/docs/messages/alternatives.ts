/** Alternatives beyond these are written within one text: `(a | b)`. */
const maxAlternatives = 4;

/** Whether a text says something beside what is put in. */
export function hasWords(text: string): boolean {
  return /[a-z]{2,}[^a-z]/i.test(`${text.replaceAll(/‹[^›]*›/g, "")} `);
}

/** Whether a text is only something that is put in. */
export const isBare = (text: string) => /^‹[^›]*›$/.test(text);

export const orEmpty = (texts: readonly string[]) => (texts.length > 0 ? texts : [""]);

/** Each text once, and of `1 run` and `2 runs` only the second. */
export function distinct(texts: readonly string[]): string[] {
  const all = new Set(texts);
  return [...all].filter((text) => !text.includes("›") || !all.has(`${text}s`));
}

/** All ways to put parts together; too many alternatives are written within one text. */
export function combine(parts: readonly (readonly string[])[]): readonly string[] {
  const count = parts.reduce((product, part) => product * part.length, 1);
  const few = parts.map((part) =>
    count <= maxAlternatives || part.length === 1 ? part : [mergeAll(part)],
  );
  return few.reduce<readonly string[]>(
    (texts, part) => texts.flatMap((text) => part.map((one) => text + one)),
    [""],
  );
}

/** Alternatives within one text, as docs/errors.ts finds them again. */
export function inOne(texts: readonly string[]): string {
  const flat = texts.flatMap((text) => /^⟦([^⟦⟧]*)⟧$/.exec(text)?.[1]?.split("¦") ?? [text]);
  const stated = distinct(flat.filter((text) => text !== ""));
  return stated.length < 2 ? (stated[0] ?? "") : `⟦${stated.join("¦")}⟧`;
}

/** Of two ways that only put something in, one is named. */
export function either(one: readonly string[], other: readonly string[]): readonly string[] {
  const both = distinct([...one, ...other]);
  const isPlain = both.length > 1 && both.every(isBare);
  return isPlain ? both.slice(0, 1) : both;
}

/** Alternatives as one text: with what they have in common once, if all are alike. */
function mergeAll(texts: readonly string[]): string {
  const [first = "", ...others] = merge(texts);
  return others.length === 0 ? first : inOne(texts);
}

/** Texts that are alike in most of their words become one, with alternatives in it. */
export function merge(texts: readonly string[]): readonly string[] {
  const [first, ...others] = distinct(texts);
  if (first === undefined) return [];
  const alike = others.filter((text) => likeness(first, text) > 0.5);
  const rest = others.filter((text) => !alike.includes(text));
  return [alike.length === 0 ? first : factor([first, ...alike]), ...merge(rest)];
}

function likeness(one: string, other: string): number {
  const { before, after } = common([wordsOf(one), wordsOf(other)]);
  return (before + after) / Math.max(wordsOf(one).length, wordsOf(other).length);
}

function factor(texts: readonly string[]): string {
  const all = texts.map(wordsOf);
  const { before, after } = common(all);
  const words = all[0] ?? [];
  const middles = all.map((one) =>
    one
      .slice(before, one.length - after)
      .join("")
      .trim(),
  );
  const opening = middles.every((one) => one.startsWith("(")) ? "(" : "";
  const [closing = ""] = /[).,;:]*$/.exec(middles[0] ?? "") ?? [];
  const isClosed = middles.every((one) => one.endsWith(closing));
  const cut = isClosed ? closing.length : 0;
  const parts = middles.map((one) => one.slice(opening.length, one.length - cut));
  const end = words.slice(words.length - after).join("");
  return [
    ...words.slice(0, before),
    ...[opening, inOne(parts), isClosed ? closing : "", end === "" ? "" : ` ${end}`],
  ]
    .join("")
    .replaceAll(/ {2,}/g, " ");
}

/** How many words texts have in common at their beginning, and at their end. */
function common(all: readonly (readonly string[])[]) {
  const [first = []] = all;
  const shortest = Math.min(...all.map(({ length }) => length));
  let before = 0;
  while (before < shortest && all.every((words) => words[before] === first[before])) before += 1;
  let after = 0;
  while (
    after < shortest - before &&
    all.every((words) => words.at(-1 - after)?.trim() === first.at(-1 - after)?.trim())
  ) {
    after += 1;
  }
  return { before, after };
}

/** The words with the space behind them; what stands in brackets of alternatives is one word. */
function wordsOf(text: string): string[] {
  return text.match(/(?:⟦[^⟧]*⟧|‹[^›]*›|[^\s⟦‹])+\s*/g) ?? [];
}

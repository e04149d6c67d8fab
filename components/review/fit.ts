import { andMore, formatNumber } from "../text";
import { details, join, ours, type Markdown } from "./safe/markdown";

/** The first items, and below them the number of the others: `and 3 more`. Empty without items. */
export function formatItems(items: readonly Markdown[], most: number, between: string): Markdown[] {
  if (items.length === 0) return [];
  const shown = join(items.slice(0, most), between);
  return [join([shown, ...andMore(items.length - most).map(ours)], "\n\n")];
}

/** Folds items away below a line that counts them. Empty without items. */
export function foldList(
  title: string,
  items: readonly Markdown[],
  most: number,
  between: string,
): Markdown[] {
  const summary = `${title}: ${formatNumber(items.length)}`;
  return formatItems(items, most, between).map((list) => details(summary, list));
}

/** Maximum length of a comment in characters. GitHub refuses more than 65,536. */
export const longestComment = 60_000;

/** Halves the items that each list shows until the comment fits. Never cuts an item. */
export function fit(write: (most: number) => Markdown): Markdown {
  for (let most = 4_096; ; most = Math.floor(most / 2)) {
    const all = write(most);
    if (all.text.length <= longestComment || most === 0) return all;
  }
}

/**
 * Removes passwords from the URIs in a text. Rather too much than too little: a MongoDB connection string
 * goes as a whole, any other URI up to the last `@` of the word.
 *
 * @param mask replaces what is removed; with one, a connection string keeps its hosts
 */
export function redact(text: string, mask?: string): string {
  const shown =
    mask === undefined
      ? text.replace(/mongodb(\+srv)?:\/\/[^\s"'`,;)]+/gi, "mongodb$1://***")
      : text;
  return shown.replace(/:\/\/\S*@/g, `://${mask ?? "***"}@`);
}

/** A number with its thousands apart, and its noun: `1,204 runs`, `1 run`. */
export function formatCount(
  count: number,
  one: string,
  more = one === "index" ? "indexes" : `${one}s`,
): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
}

/** The first items and the number of the others: `a, b and 3 more`. */
export function nameFirst(items: readonly string[], max: number, total = items.length): string {
  const named = items.slice(0, max);
  const more = total - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown, otherwise = "unknown error"): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : otherwise;
}

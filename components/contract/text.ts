/**
 * A text without the passwords of its URIs, whoever wrote it. Too much goes rather than too little: a
 * connection string of MongoDB as a whole, and of another URI all before the last `@` of the word.
 *
 * @param mask what stands there instead; with one of its own, a connection string keeps its hosts
 */
export function redact(text: string, mask?: string): string {
  const shown =
    mask === undefined
      ? text.replace(/mongodb(\+srv)?:\/\/[^\s"'`,;)]+/gi, "mongodb$1://***")
      : text;
  return shown.replace(/:\/\/\S*@/g, `://${mask ?? "***"}@`);
}

/** The first of some items, and how many more there are: `a, b and 3 more`. */
export function nameFirst(items: readonly string[], max: number, total = items.length): string {
  const named = items.slice(0, max);
  const more = total - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The code of an error of the system, such as `ENOENT`. */
export function errorCode(error: unknown, otherwise = "unknown error"): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : otherwise;
}

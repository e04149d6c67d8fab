const pattern = /mongodb(?:\+srv)?:\/\/[^\s"'`<>]+/g;

/** The connection strings in a text. */
export function connectionStringsIn(text: string): string[] {
  return [...text.matchAll(pattern)].map(([uri]) => uri);
}

/**
 * Whether a stack is production: its name has the word `prod` or `production`, or its tag
 * `environment` says so. A setting of the stack would not do, because a stack could excuse itself.
 *
 * @param urn of any resource of the stack
 */
export function isProduction(urn: string, tags: ReadonlyMap<string, string>): boolean {
  const [stack = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const words = stack.toLowerCase().split(/[^a-z]+/);
  const tag = tags.get("environment")?.toLowerCase() ?? "";
  return isProductive(tag) || words.some((word, at) => isProductive(word, words[at - 1]));
}

/** A word for production, unless the word before turns it round: `pre-prod`, `non-prod`. */
function isProductive(word: string, before = ""): boolean {
  return ["prod", "production"].includes(word) && !["pre", "non"].includes(before);
}

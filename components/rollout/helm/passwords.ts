import { ReleaseValuesError } from "./errors";
import {
  isMap,
  parsed,
  valueAt,
  type EnvironmentPlace,
  type ValuesText,
  type ReleaseValues,
} from "./values";

/**
 * Refuses a password in a URI, such as a connection string's: the values of a release are in the
 * stack's state and in its previews, in plain text. The site's files go there whole, and of the chart's
 * own the lists that ours come on top of. What takes the place of a password later is none.
 *
 * @throws ReleaseValuesError with file and key, never the value
 */
export function refusePasswords(
  { defaults = [], ofSite }: ReleaseValues,
  places: readonly EnvironmentPlace[],
): void {
  for (const values of ofSite) refuseIn(values, "", parsed(values));
  for (const { path, form } of places) {
    if (form !== "list") continue;
    for (const values of defaults) refuseIn(values, path, valueAt(parsed(values), path.split(".")));
  }
}

function refuseIn({ file }: ValuesText, key: string, value: unknown): void {
  const [found] = passwordsIn(value, key);
  if (found === undefined) return;
  throw new ReleaseValuesError(
    file,
    `${found} has a password in a URI, which would be in the stack's state and previews in plain text`,
    "Put the whole text into a Secret, and refer to that: valueFrom: { secretKeyRef: { name, key } }.",
  );
}

/** The keys of texts in which a URI has a password. */
function passwordsIn(value: unknown, key: string): string[] {
  if (typeof value === "string") return hasPassword(value) ? [key] : [];
  if (Array.isArray(value)) return value.flatMap((one, at) => passwordsIn(one, `${key}[${at}]`));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    passwordsIn(member, key === "" ? name : `${key}.${name}`),
  );
}

function hasPassword(text: string): boolean {
  // A block of text may be a script, or a file, with comments of its own.
  const stated = text.replace(/^\s*#.*$/gm, "");
  const found = stated.matchAll(/:\/\/[^\s/?#:@"]*:([^\s/?#@"]+)@/g);
  return [...found].some(([, password = ""]) => !isReference(password));
}

/**
 * What Kubernetes, a shell, Helm or another template puts a password in the place of, such as `$(NAME)`,
 * `$NAME`, `${NAME}`, `{{...}}`, `{name}`, `<name>` and `%NAME%`; and one that is blotted out.
 */
function isReference(password: string): boolean {
  return /^(\$\([^()]+\)|\$\w+|\$\{[^{}]*\}|\{\{.*\}\}|\{\w+\}|<[^<>]+>|%\w+%|\*+)$/.test(password);
}

import {
  isMap,
  parseValues,
  ReleaseValuesError,
  valueAt,
  type ReleaseValues,
  type ValuesText,
} from "./files";
import { isListAt, type EnvironmentPlace } from "./values";

/**
 * Refuses a null that would be lost. In Helm it removes a default of the chart, such as a number of
 * replicas that an autoscaler sets. Pulumi's Helm release drops nulls, so the default would apply
 * again and scale a service down.
 *
 * The defaults of a chart that is not a local folder cannot be read: every null is refused.
 *
 * @throws ReleaseValuesError with the key
 */
export function refuseLostNulls({ defaults, ofSite }: ReleaseValues): void {
  const known = defaults?.map(parseValues);
  for (const values of ofSite) {
    const nulls = keysOf(parseValues(values), (value) => value === null);
    const lost = nulls.find((keys) => hidesDefault(keys, known));
    if (!lost) continue;
    throw new ReleaseValuesError(
      values.file,
      `${lost.join(".")} is null, but Pulumi's Helm release drops nulls, so the chart's default would apply`,
      'Write an empty value instead (false, [] or ""), or delete the line.',
    );
  }
}

/**
 * Whether an empty list of the site's replaces a default that the chart has, or may have. Pulumi's
 * Helm release drops it, and the chart's list would apply again, unless it is told to allow null
 * values; it drops nulls all the same.
 *
 * @param places of our variables: a list there does not stay empty
 */
export function hasEmptyLists(values: ReleaseValues, places: readonly EnvironmentPlace[]): boolean {
  const { defaults, ofSite } = values;
  const filled = places.filter((place) => isListAt(values, place)).map(({ path }) => path);
  const known = defaults?.map(parseValues);
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  return ofSite
    .flatMap((file) => keysOf(parseValues(file), isEmpty))
    .some((keys) => !filled.includes(keys.join(".")) && hidesDefault(keys, known));
}

/** The path of keys to each such value in maps. */
function keysOf(value: unknown, isWanted: (value: unknown) => boolean): string[][] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    isWanted(member) ? [[key]] : keysOf(member, isWanted).map((keys) => [key, ...keys]),
  );
}

/**
 * Whether a chart has a default at the end of a path of keys; one that cannot be read may have it.
 *
 * @param defaults what the chart's files say
 */
function hidesDefault(keys: readonly string[], defaults: readonly unknown[] | undefined): boolean {
  return defaults?.every((values) => isNothing(valueAt(values, keys))) !== true;
}

/** Whether a template treats a default like a missing one. */
function isNothing(value: unknown): boolean {
  if (isMap(value) || Array.isArray(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === false;
}

/**
 * Refuses a password in a URI, such as a connection string's: the values of a release are in the
 * stack's state and in its previews, in plain text. The site's files go there whole; of the chart's
 * own, only the lists that ours are merged into. A placeholder for a password is not one.
 *
 * @throws ReleaseValuesError with file and key, never the value
 */
export function refusePasswords(values: ReleaseValues, places: readonly EnvironmentPlace[]): void {
  const { defaults = [], ofSite } = values;
  for (const file of ofSite) refuseIn(file, "", parseValues(file));
  for (const place of places) {
    if (!isListAt(values, place)) continue;
    const keys = place.path.split(".");
    for (const file of defaults) refuseIn(file, place.path, valueAt(parseValues(file), keys));
  }
}

function refuseIn({ file }: ValuesText, key: string, value: unknown): void {
  const [found] = passwordsIn(value, key);
  if (found === undefined) return;
  throw new ReleaseValuesError(
    file,
    `${found} has a password in a URI, which would be in plain text in the stack's state and previews`,
    "Put the whole URI into a Secret and refer to it: valueFrom: { secretKeyRef: { name, key } }.",
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
 * A placeholder that Kubernetes, a shell, Helm or another template replaces, such as `$(NAME)`,
 * `$NAME`, `${NAME}`, `{{...}}`, `{name}`, `<name>` and `%NAME%`; or a password that is masked.
 */
function isReference(password: string): boolean {
  return /^(\$\([^()]+\)|\$\w+|\$\{[^{}]*\}|\{\{.*\}\}|\{\w+\}|<[^<>]+>|%\w+%|\*+)$/.test(password);
}

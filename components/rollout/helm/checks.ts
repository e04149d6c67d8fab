import {
  inHelmsOrder,
  isMap,
  parseValues,
  type ReleaseValues,
  ValuesFileError,
  type ValuesText,
} from "../values/files";
import { lastAt, type EnvironmentPlace } from "../values/on-top";

/**
 * Refuses a null. In Helm it removes a default of the chart, such as a number of replicas that an
 * autoscaler sets. Pulumi's Helm release drops nulls, so the default would apply again and scale a service
 * down.
 *
 * @throws ValuesFileError with the key
 */
export function refuseNulls(ofSite: readonly ValuesText[]): void {
  for (const values of ofSite) {
    const found = findNull(parseValues(values) ?? {});
    if (found === undefined) continue;
    throw new ValuesFileError(
      values.file,
      `${found.join(".")} is null, but Pulumi's Helm release drops nulls, so a default of the chart would apply`,
      'Write an empty value instead (false, {}, [] or ""), or delete the line.',
    );
  }
}

function findNull(value: unknown): string[] | undefined {
  if (value === null) return [];
  if (!isMap(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const keys = findNull(member);
    if (keys) return [key, ...keys];
  }
  return undefined;
}

/**
 * Refuses a password in a URI, such as a connection string's: the values of a release are in the
 * stack's state and in its previews, in plain text. The site's files go there whole; of the chart's
 * own, only the lists that ours are merged into. A placeholder for a password is not one.
 *
 * @throws ValuesFileError with file and key, never the value
 */
export function refusePasswords(values: ReleaseValues, places: readonly EnvironmentPlace[]): void {
  for (const file of values.ofSite) refuseIn(file, "", parseValues(file));
  for (const { path } of places) {
    const found = lastAt(inHelmsOrder(values), path);
    if (Array.isArray(found?.value)) refuseIn(found.file, path, found.value);
  }
}

function refuseIn({ file }: ValuesText, key: string, value: unknown): void {
  const [found] = passwordsIn(value, key);
  if (found === undefined) return;
  throw new ValuesFileError(
    file,
    `${found} has a password in a URI, which would be in plain text in the stack's state and previews`,
    "Put the whole URI into a Secret and refer to it: valueFrom: { secretKeyRef: { name, key } }.",
  );
}

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

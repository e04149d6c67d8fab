import type { EnvironmentTarget } from "../placement";
import {
  inHelmsOrder,
  isMap,
  parseValues,
  ValuesFileError,
  type ReleaseValues,
  type ValuesText,
} from "../values/files";
import { lastAt } from "../values/variables";

/**
 * Refuses a null. In Helm it removes a default of the chart; Pulumi's Helm release drops it, so the default, such
 * as a number of replicas, would apply again.
 *
 * @throws ValuesFileError
 */
export function refuseNulls(ofSite: readonly ValuesText[]): void {
  for (const values of ofSite) {
    for (const { path, value, isInList } of leavesOf(parseValues(values) ?? {})) {
      if (value !== null || isInList) continue;
      throw new ValuesFileError(
        values.file,
        `${path} is null, but Pulumi's Helm release drops nulls, so a default of the chart would apply`,
        'Write an empty value instead (false, {}, [] or ""), or delete the line.',
      );
    }
  }
}

/**
 * Refuses a password in a URI: the state and previews have a release's values in plain text. These are the site's
 * files, and the chart's own lists into which the stack's variables are merged.
 *
 * @throws ValuesFileError with file and key, never the value
 */
export function refusePasswords(
  values: ReleaseValues,
  targets: readonly EnvironmentTarget[],
): void {
  for (const text of values.ofSite) refuseIn(text.file, parseValues(text));
  for (const { path } of targets) {
    const found = lastAt(inHelmsOrder(values), path);
    if (Array.isArray(found?.value)) refuseIn(found.file, found.value, path);
  }
}

function refuseIn(file: string, values: unknown, at?: string): void {
  for (const { path, value } of leavesOf(values, at)) {
    if (typeof value !== "string" || !hasPassword(value)) continue;
    throw new ValuesFileError(
      file,
      `${path} has a password in a URI, which would be in plain text in the stack's state and previews`,
      "Put the whole URI into a Secret and refer to it: valueFrom: { secretKeyRef: { name, key } }.",
    );
  }
}

// The values that are neither lists nor maps, with their paths, such as `env[1].value`.
function leavesOf(
  value: unknown,
  path = "",
  isInList = false,
): { readonly path: string; readonly value: unknown; readonly isInList: boolean }[] {
  if (Array.isArray(value))
    return value.flatMap((one, at) => leavesOf(one, `${path}[${at}]`, true));
  if (!isMap(value)) return [{ path, value, isInList }];
  return Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, path === "" ? key : `${path}.${key}`, isInList),
  );
}

function hasPassword(text: string): boolean {
  // A block of text may be a script with comments.
  const stated = text.replace(/^\s*#.*$/gm, "");
  const found = stated.matchAll(/:\/\/[^\s/?#:@"]*:([^\s/?#@"]+)@/g);
  return [...found].some(([, password = ""]) => !placeholder.test(password));
}

// A placeholder of Kubernetes, a shell, Helm or another template, or a masked password.
const placeholder = /^(\$\([^()]+\)|\$\w+|\$\{[^{}]*\}|\{\{.*\}\}|\{\w+\}|<[^<>]+>|%\w+%|\*+)$/;

import type { z } from "zod";
import { findSimilar } from "../text";

/** Keys whose values are secret and appear in no message. */
const secretKeys = ["mongoUri", "appMongoUri"];

/** A problem of one setting: its path, the value found (`missing` if none) and the allowed values. */
export interface Problem {
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

/** A rule that spans keys; `when` says whether it is broken. */
export interface Rule extends Omit<Problem, "found"> {
  readonly when: boolean;
  /** Default: the setting's value. */
  readonly found?: string;
}

/** The problems of the rules that are broken. */
export function findProblems(settings: object, rules: readonly Rule[]): Problem[] {
  return rules
    .filter(({ when }) => when)
    .map(({ key, allowed, found = describeFound(key.split("."), settings) }) => {
      return { key, found, allowed };
    });
}

/**
 * The settings are not valid, and nothing was changed. The message lists every problem and never quotes a
 * connection string, because its password would end up in build logs.
 */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const hidden = "a connection string, which is not shown";
    const shown = problems.map(({ key, found, allowed }) => ({
      key: key.replace(connectionString, `(${hidden})`),
      // The rest of the JSON may hold other secrets.
      found: connectionString.test(found) ? hidden : found,
      allowed: allowed.replace(connectionString, hidden),
    }));
    const lines = shown.map(
      (problem) => `  taskrunner-storage:${problem.key}: ${describeProblem(problem)}`,
    );
    super(["The settings are not valid; nothing was changed.", ...lines].join("\n"));
    this.problems = shown;
  }
}

/** A problem without its key: `found "no"; allowed: none`, or `missing; allowed: …`. */
export function describeProblem({ found, allowed }: Problem): string {
  return `${found.startsWith(missing) ? "" : "found "}${found}; allowed: ${allowed}`;
}

/** The beginning of `found` if there is no value. */
const missing = "missing";

/** A settings file is unreadable or not YAML. Nothing was changed. */
export class SettingsFileError extends Error {
  override readonly name = "SettingsFileError";
}

/** Up to the end of the text, because an unencoded password may contain any character. */
const connectionString = /["']?mongodb(\+srv)?:\/\/[^]*/i;

/** The problems in a zod error; values of secret keys are left out. */
export function problemsOf(error: z.ZodError, values: unknown): Problem[] {
  return error.issues.flatMap((issue) => describeIssue(issue, values));
}

function describeIssue(issue: z.core.$ZodIssue, values: unknown): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const meant = findSimilar(key, issue.message.split(", "));
      const found = `an unknown setting${meant === undefined ? "" : ` (did you mean ${meant}?)`}`;
      return { key: [...path, key].join("."), found, allowed: issue.message };
    });
  }
  const closest = issue.code === "invalid_union" ? findClosest(issue) : undefined;
  if (closest) {
    return closest.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, values),
    );
  }
  return [{ key: path.join("."), found: describeFound(path, values), allowed: issue.message }];
}

function findClosest({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const sections = errors.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"),
  );
  const [best, second] = sections.toSorted((one, other) => one.length - other.length);
  return best?.length === second?.length ? undefined : best;
}

/** The allowed values, as the message of an issue whose schema states none. */
export function describeAllowed(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_type":
      return `a value of type ${issue.expected}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? issue.options.map(String).join(", ")
        : undefined;
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    default:
      return undefined;
  }
}

/** The value at a path, before defaults; undefined if absent. */
export function valueAt(path: readonly string[], values: unknown): unknown {
  return path.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | null | undefined)?.[key],
    values,
  );
}

function describeFound(path: readonly string[], values: unknown): string {
  const value = valueAt(path, values);
  if (value === undefined) return missing;
  if (secretKeys.includes(path[0] ?? "")) return "a secret of the wrong form";
  return JSON.stringify(value);
}

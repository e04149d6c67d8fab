import type { z } from "zod";

/** Keys whose values are secret and appear in no message. */
const secretKeys = ["mongoUri", "appMongoUri"];

/** A problem of one setting: its path, the value found and the allowed values. */
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
      ({ key, found, allowed }) =>
        `  taskrunner-storage:${key}: found ${found}; allowed: ${allowed}`,
    );
    super(["The settings are not valid; nothing was changed.", ...lines].join("\n"));
    this.problems = shown;
  }
}

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
    return issue.keys.map((key) => ({
      key: [...path, key].join("."),
      found: "an unknown setting",
      allowed: issue.message,
    }));
  }
  const closest = issue.code === "invalid_union" ? findClosest(issue) : undefined;
  if (closest) {
    return closest.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, values),
    );
  }
  return [
    { key: path.join("."), found: describeFound(path, values), allowed: describeAllowed(issue) },
  ];
}

function findClosest({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const sections = errors.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"),
  );
  const [best, second] = sections.toSorted((one, other) => one.length - other.length);
  return best?.length === second?.length ? undefined : best;
}

function describeAllowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_type":
      return `a value of type ${issue.expected}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? issue.options.map(String).join(", ")
        : issue.message;
    default:
      return issue.message;
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
  if (value === undefined) return "nothing";
  if (secretKeys.includes(path[0] ?? "")) return "a secret of the wrong form";
  return JSON.stringify(value);
}

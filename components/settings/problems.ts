import type { z } from "zod";
import { secretKeys } from "./schema";

/** What is wrong with one setting: its path, what was found there and what is allowed. */
export interface Problem {
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

/** A row of the rules that span keys: a problem `when` it says so. */
export interface Rule extends Omit<Problem, "found"> {
  readonly when: boolean;
  /** Default: what the settings have at the key. */
  readonly found?: string;
}

/** The problems of settings that break rules. */
export function broken(settings: object, rules: readonly Rule[]): Problem[] {
  return rules
    .filter(({ when }) => when)
    .map(({ key, allowed, found = describeFound(key.split("."), settings) }) => {
      return { key, found, allowed };
    });
}

/**
 * The settings cannot be used; the message lists every problem. Nothing was changed.
 *
 * No connection string is in it, wherever a site put one by mistake: that would be its password in
 * the log of a build.
 */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const hidden = "a connection string, which is not shown";
    const shown = problems.map(({ key, found, allowed }) => ({
      key: key.replace(connectionString, `(${hidden})`),
      // As JSON it may have other secrets beside it.
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

/** A settings file cannot be read, or is not YAML; nothing was changed. */
export class SettingsFileError extends Error {
  override readonly name = "SettingsFileError";
}

/** To the end of the words: a password that was left unencoded may have any sign in it. */
const connectionString = /["']?mongodb(\+srv)?:\/\/[^]*/i;

/** The problems that zod found in `values`; values of secret keys are left out. */
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
  const meant = issue.code === "invalid_union" ? findMeant(issue) : undefined;
  if (meant) {
    return meant.flatMap((inner) =>
      describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, values),
    );
  }
  return [
    { key: path.join("."), found: describeFound(path, values), allowed: describeAllowed(issue) },
  ];
}

function findMeant({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
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

/** What settings have at a path, before their defaults; undefined if it is not there. */
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

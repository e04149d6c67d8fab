import type { z } from "zod";
import { describeAllowed, findProblems, problemsOf, SettingsError, type Rule } from "./problems";
import { conflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";

type Values = Readonly<Record<string, unknown>>;

/**
 * Parses `values` and adds the defaults.
 *
 * @param values the keys of `Pulumi.<stack>.yaml` without their prefix, structured
 * @param plainKeys the keys that are not encrypted; a password in one is rejected
 * @throws SettingsError with every problem in one message
 */
export function parseSettings(
  values: Values,
  plainKeys: ReadonlySet<string> = new Set(),
): Settings {
  return load(settingsSchema, values, (settings) => conflicts(settings, values, plainKeys));
}

/** `parseSettings` with another schema and other rules. */
export function load<Parsed extends object>(
  schema: z.ZodType<Parsed>,
  values: Values,
  rulesOf: (settings: Parsed) => readonly Rule[],
): Parsed {
  const parsed = schema.safeParse(values, { error: describeAllowed });
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  const problems = findProblems(parsed.data, rulesOf(parsed.data));
  if (problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
}

/** A setting's value; the engine passes objects, numbers and booleans as JSON text. */
export function parseStructured(value: string): unknown {
  if (!/^(\{|\[|true$|false$|-?\d+$)/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

import { takeOverRules } from "./cluster/atlas-rules";
import { problemsOf, SettingsError } from "./problems";
import { rolloutFor } from "./rollout";
import { conflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";

/**
 * The settings in `values`, completed by the defaults.
 *
 * @param values the keys of `Pulumi.<stack>.yaml` without their prefix, structured
 * @param plainKeys the keys that are not encrypted there; a password in one is refused
 * @throws SettingsError with every problem in one message
 */
export function parseSettings(
  values: Readonly<Record<string, unknown>>,
  plainKeys: ReadonlySet<string> = new Set(),
): Settings {
  const schema = settingsSchema.extend({ rollout: rolloutFor(values.rollout) });
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  const problems = [...conflicts(parsed.data, plainKeys), ...takeOverRules(parsed.data, values)];
  if (problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
}

/** A setting's value: the engine hands objects, numbers and booleans over as JSON text. */
export function parseStructured(value: string): unknown {
  if (!/^(\{|\[|true$|false$|-?\d+$)/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { describeUnreadable } from "../text";
import { resolveContext } from "./context";
import { chooseInstance, encryptedError, isEncrypted, splitKey, type Config } from "./instances";
import { load, parseSettings, parseStructured } from "./load";
import { SettingsError, SettingsFileError, valueAt } from "./problems";
import { nameRules, sectionConflicts } from "./rules";
import { settingsSchema } from "./schema";

const commandKeys = [
  "storageMode",
  "mongo",
  "validation",
  "approvals",
  "tenancy",
  "logRetentionDays",
  "migration",
  "backfill",
  "kubernetes",
  "rollout",
  "advanced",
] as const;

const partSchema = settingsSchema.extend({
  storageMode: settingsSchema.shape.storageMode.optional(),
  rollout: settingsSchema.shape.rollout.optional(),
});

/** All settings of a stack, also if some are not valid. Connection strings are secret. */
export type ValidSettings = z.infer<typeof partSchema>;

/**
 * The settings that commands use; none is secret. Without `storageMode` a command works on MongoDB, without `rollout`
 * none looks for the services.
 */
export type CommandSettings = Pick<ValidSettings, (typeof commandKeys)[number]>;

/** A settings file by its path, such as `Pulumi.prod.yaml`, its text, or the value of its `config`. */
export type SettingsSource = (
  | { readonly file: string }
  | { readonly text: string }
  | { readonly config: Config; readonly plainKeys?: readonly string[] }
) & {
  /** The name of one of several environments, whose settings are the value of a key with that name. */
  readonly instance?: string | undefined;
};

/**
 * The settings of a command, or the specification's defaults without a source. All of them are validated, even
 * those that no command needs.
 *
 * @throws SettingsError with every problem; SettingsFileError if the file cannot be read
 */
export async function commandSettings(from: SettingsSource | undefined): Promise<CommandSettings> {
  const values = from ? await readValues(from) : {};
  const settings = load(partSchema, values, ({ rollout, storageMode = "mongo", ...others }) =>
    rollout ? sectionConflicts({ ...others, storageMode, rollout }) : nameRules(others),
  );
  return Object.fromEntries(commandKeys.map((key) => [key, settings[key]])) as CommandSettings;
}

/**
 * The settings as the program reads them. With a problem they lack the keys that are not valid; undefined if the others
 * cannot be read either. A secret that cannot be decrypted is not a problem.
 *
 * @throws SettingsFileError if the file cannot be read
 */
export async function inspectSettings(
  from: SettingsSource,
): Promise<{ settings?: ValidSettings | undefined; problem?: SettingsError }> {
  const values = await readValues(from);
  const { data } = partSchema.safeParse(values);
  try {
    const settings = parseSettings(values, new Set("config" in from ? from.plainKeys : []));
    return { settings: { ...settings, kubernetes: resolveContext(settings) } };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const closed = Object.entries(await readConfig(from)).filter(([, value]) => isEncrypted(value));
    const isClosed = (name: string) => closed.some(([key]) => key.endsWith(`:${name}`));
    const problems = error.problems.filter(({ key }) => !isClosed(key));
    if (problems.length === 0) return { settings: data };
    const wrong = problems.map(({ key }) => key);
    const names = wrong.map((key) => key.split(".")[0] ?? "");
    const rest = [wrong, names].map((keys) => partSchema.safeParse(without(values, keys)).data);
    return { settings: data ?? rest[0] ?? rest[1], problem: new SettingsError(problems) };
  }
}

/** Values without the keys at these dotted paths. */
function without(values: Record<string, unknown>, keys: readonly string[]) {
  const rest = structuredClone(values);
  for (const key of keys) {
    const path = key.split(".");
    const parent = valueAt(path.slice(0, -1), rest);
    if (typeof parent === "object" && parent) Reflect.deleteProperty(parent, path.at(-1) ?? "");
  }
  return rest;
}

/**
 * The connection string (secret) of a stack's settings, whatever the name of its project.
 *
 * @throws SettingsFileError if the file cannot be read
 */
export async function statedMongoUri(
  from: SettingsSource,
): Promise<{ readonly uri: string | undefined; readonly isEncrypted: boolean }> {
  const stated = Object.entries(await readConfig(from)).find(([key]) =>
    /^[^:]+:mongoUri$/.test(key),
  );
  const value = stated?.[1];
  return { uri: typeof value === "string" ? value : undefined, isEncrypted: isEncrypted(value) };
}

async function readValues(from: SettingsSource): Promise<Record<string, unknown>> {
  const config = await readConfig(from);
  const mode = Object.keys(config).find((key) => key.endsWith(":storageMode"));
  const values = Object.entries(config).flatMap(([key, value]) => {
    const { project, name } = splitKey(key);
    // The section also has keys of other projects and providers.
    const isUsed = commandKeys.includes(name as (typeof commandKeys)[number]);
    // The project may have another name, and further keys then.
    const isOurs = mode === `${project}:storageMode` && name in settingsSchema.shape;
    if (project !== "taskrunner-storage" && !isUsed && !isOurs) return [];
    if (isEncrypted(value)) {
      if (!isUsed) return [];
      throw encryptedError(key);
    }
    if (typeof value === "string") return [[name, parseStructured(value)] as const];
    // No command needs an encrypted value of a section.
    const mask = (_: string, one: unknown): unknown => (isEncrypted(one) ? "[secret]" : one);
    return [[name, JSON.parse(JSON.stringify(value), mask) as unknown] as const];
  });
  return Object.fromEntries(values);
}

async function readConfig(from: SettingsSource): Promise<Config> {
  const config = "config" in from ? from.config : await readConfigFile(from);
  return chooseInstance(config, from.instance);
}

async function readConfigFile(
  from: { readonly file: string } | { readonly text: string },
): Promise<Config> {
  const file = "file" in from ? from.file : "The settings";
  const text =
    "text" in from
      ? from.text
      : await readFile(file, "utf8").catch((error: unknown) => {
          const why = describeUnreadable(error);
          throw new SettingsFileError(
            `The settings file ${file} ${why}. Set --settings to a file that this user can read.`,
            { cause: error },
          );
        });
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) {
    const [reason = ""] = error.message.split(/ at line |\n/);
    const line = error.linePos?.[0].line;
    throw new SettingsFileError(
      `${file} is not valid YAML (line ${line}: ${reason}). Fix the syntax.`,
    );
  }
  const { config, environment } = (document.toJS() ?? {}) as {
    readonly config?: Config | null;
    readonly environment?: unknown;
  };
  if (environment) {
    throw new SettingsFileError(
      `${file} imports environments, which only Pulumi opens. Name the stack with --stack instead, or a ` +
        "copy of the file that contains their settings and no `environment`.",
    );
  }
  return config ?? {};
}

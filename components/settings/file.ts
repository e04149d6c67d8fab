import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { describeUnreadable } from "../text";
import { chooseInstance, encryptedError, isEncrypted, type Config } from "./instances";
import { load, parseStructured } from "./load";
import { SettingsFileError } from "./problems";
import { nameRules, sectionConflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";

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

type OptionalKey = "storageMode" | "rollout";

/**
 * The settings that commands use; none is secret. Without `storageMode` a command works on MongoDB, without `rollout`
 * none looks for the services.
 */
export type CommandSettings = Omit<Pick<Settings, (typeof commandKeys)[number]>, OptionalKey> &
  Partial<Pick<Settings, OptionalKey>>;

/** A settings file by its path, such as `Pulumi.prod.yaml`, its text, or the value of its `config`. */
export type SettingsSource = (
  { readonly file: string } | { readonly text: string } | { readonly config: Config }
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
  const schema = settingsSchema.extend({
    storageMode: settingsSchema.shape.storageMode.optional(),
    rollout: settingsSchema.shape.rollout.optional(),
  });
  const settings = load(schema, values, ({ rollout, storageMode = "mongo", ...others }) =>
    rollout ? sectionConflicts({ ...others, storageMode, rollout }) : nameRules(others),
  );
  return Object.fromEntries(commandKeys.map((key) => [key, settings[key]])) as CommandSettings;
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
  const values = Object.entries(await readConfig(from)).flatMap(([key, value]) => {
    const [, project = "", name = ""] = /^([^:]+):(.*)$/.exec(key) ?? [];
    // The section also has keys of other projects and providers.
    const isUsed = commandKeys.includes(name as (typeof commandKeys)[number]);
    // The connection string is not a setting of a command, and a project may have another name.
    if (project !== "taskrunner-storage" && !isUsed && name !== "mongoUri") return [];
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

import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { errorCode } from "../contract/text";
import { load, parseStructured } from "./load";
import { SettingsFileError } from "./problems";
import { nameRules, sectionConflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";

const commandKeys = [
  ...(["storageMode", "mongo", "validation", "approvals", "tenancy"] as const),
  ...(["logRetentionDays", "migration", "backfill", "advanced"] as const),
] as const;

/** The settings that the commands use; no secret is among them. */
export type CommandSettings = Pick<Settings, (typeof commandKeys)[number]>;

type Config = Readonly<Record<string, unknown>>;

/** A settings file by its path such as `Pulumi.prod.yaml`, a text of its form, or what is below its `config`. */
export type SettingsSource =
  { readonly file: string } | { readonly text: string } | { readonly config: Config };

/**
 * The settings that the commands take from a stack's settings; without any, the specification's defaults.
 * Everything in them has to be right, also what a command does not need.
 *
 * @throws SettingsError with every problem; SettingsFileError if the file cannot be read
 */
export async function commandSettings(from: SettingsSource | undefined): Promise<CommandSettings> {
  const values = from ? await valuesIn(from) : {};
  const schema = settingsSchema.extend({
    // What a command does follows from its name: without settings it looks at MongoDB.
    storageMode: settingsSchema.shape.storageMode.default("mongo"),
    // A command needs no rollout.
    rollout: settingsSchema.shape.rollout.optional(),
  });
  const settings = load(schema, values, ({ rollout, ...others }) =>
    rollout ? sectionConflicts({ ...others, rollout }) : nameRules(others),
  );
  return Object.fromEntries(commandKeys.map((key) => [key, settings[key]])) as CommandSettings;
}

/**
 * The connection string that stands in a stack's settings in plain text, as that of a server on
 * this machine does in its file; undefined if there is none, or an encrypted one.
 *
 * @throws SettingsFileError if the file cannot be read
 */
export async function plainMongoUri(from: SettingsSource): Promise<string | undefined> {
  const { mongoUri } = await valuesIn(from);
  return typeof mongoUri === "string" ? mongoUri : undefined;
}

async function valuesIn(from: SettingsSource): Promise<Record<string, unknown>> {
  const values = Object.entries(await configIn(from)).flatMap(([key, value]) => {
    const [, project = "", name = ""] = /^([^:]+):(.*)$/.exec(key) ?? [];
    // Other projects and providers have keys of their own here.
    const isUsed = commandKeys.includes(name as (typeof commandKeys)[number]);
    if (project !== "taskrunner-storage" && !isUsed) return [];
    if (isEncrypted(value)) {
      if (!isUsed) return [];
      throw new SettingsFileError(
        `${key} is secret, and commands need it. Set what opens the stack's secrets, such as ` +
          "PULUMI_CONFIG_PASSPHRASE, and name the stack with --stack, or write the setting in plain text.",
      );
    }
    if (typeof value === "string") return [[name, parseStructured(value)] as const];
    // What is encrypted in a section is nothing that a command needs.
    const mask = (_: string, one: unknown): unknown => (isEncrypted(one) ? "[secret]" : one);
    return [[name, JSON.parse(JSON.stringify(value), mask) as unknown] as const];
  });
  return Object.fromEntries(values);
}

async function configIn(from: SettingsSource): Promise<Config> {
  if ("config" in from) return from.config;
  const file = "file" in from ? from.file : "The settings";
  const text =
    "text" in from
      ? from.text
      : await readFile(file, "utf8").catch((error: unknown) => {
          const why = errorCode(error, "no reason given");
          throw new SettingsFileError(
            `The settings file ${file} cannot be read: ${why}. Set --settings to an existing file.`,
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

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

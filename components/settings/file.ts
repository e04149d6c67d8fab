import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { parseStructured } from "./parse";
import { problemsOf, SettingsError, SettingsFileError } from "./problems";
import { rolloutFor } from "./rollout";
import { nameRules, sectionConflicts } from "./rules";
import { settingsSchema } from "./schema";

const parts = settingsSchema.pick({
  mongo: true,
  validation: true,
  approvals: true,
  tenancy: true,
  logRetentionDays: true,
  migration: true,
  backfill: true,
  advanced: true,
});

/** What a command does follows from its name: without settings it looks at MongoDB. */
const storageMode = settingsSchema.shape.storageMode.default("mongo");
const commandSchema = parts.extend({ storageMode });

/** The settings that the commands use; no secret is among them. */
export type CommandSettings = z.infer<typeof commandSchema>;

/** A settings file by its path such as `Pulumi.prod.yaml`, or a text of its form. */
type SettingsSource = { readonly file: string } | { readonly text: string };

/**
 * The settings that the commands take from a stack's settings file, or from its text; without
 * either, the specification's defaults. Encrypted values stay where they are. Everything else in a file
 * has to be right, also what a command does not need.
 *
 * @throws SettingsError with every problem; SettingsFileError if the file cannot be read
 */
export async function commandSettings(from: SettingsSource | undefined): Promise<CommandSettings> {
  const values = from ? await valuesIn(from) : {};
  // A command needs no rollout.
  const rollout = rolloutFor(values.rollout).optional();
  const parsed = settingsSchema.extend({ storageMode, rollout }).safeParse(values);
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  const { rollout: stated, ...others } = parsed.data;
  const problems = stated
    ? sectionConflicts({ ...others, rollout: stated })
    : nameRules(parsed.data);
  if (problems.length > 0) throw new SettingsError(problems);
  return commandSchema.strip().parse(values);
}

/**
 * The connection string that stands in a stack's settings file in plain text, as that of a server on
 * this machine does; undefined if there is none, or an encrypted one.
 *
 * @throws SettingsFileError if the file cannot be read
 */
export async function plainMongoUri(from: SettingsSource): Promise<string | undefined> {
  const { mongoUri } = await valuesIn(from);
  return typeof mongoUri === "string" ? mongoUri : undefined;
}

/** The settings without their prefix, by whatever name the project goes. */
async function valuesIn(from: SettingsSource): Promise<Record<string, unknown>> {
  const values = Object.entries(await configIn(from)).flatMap(([key, value]) => {
    const [, project = "", name = ""] = /^([^:]+):(.*)$/.exec(key) ?? [];
    // Other projects and providers have keys of their own here.
    const isOurs = project === "taskrunner-storage" || Object.hasOwn(commandSchema.shape, name);
    if (!isOurs || isEncrypted(value)) return [];
    if (typeof value === "string") return [[name, parseStructured(value)] as const];
    // What is encrypted in a section is nothing that a command needs.
    const mask = (_: string, one: unknown): unknown => (isEncrypted(one) ? "[secret]" : one);
    return [[name, JSON.parse(JSON.stringify(value), mask) as unknown] as const];
  });
  return Object.fromEntries(values);
}

async function configIn(from: SettingsSource): Promise<Readonly<Record<string, unknown>>> {
  const [file, text] =
    "text" in from ? ["The settings", from.text] : [from.file, await textOf(from.file)];
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) {
    const [reason = ""] = error.message.split(/ at line |\n/);
    const line = error.linePos?.[0].line;
    throw new SettingsFileError(
      `${file} is not valid YAML (line ${line}: ${reason}). Fix the syntax.`,
    );
  }
  const { config } = (document.toJS() ?? {}) as {
    readonly config?: Record<string, unknown> | null;
  };
  return config ?? {};
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no reason given";
    throw new SettingsFileError(
      `The settings file ${file} cannot be read: ${why}. Set --settings to an existing file, or --stack ` +
        "to its stack.",
      { cause: error },
    );
  }
}

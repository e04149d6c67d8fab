import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { z } from "zod";
import { structured } from "./parse";
import { problemsOf, SettingsError, type Problem } from "./problems";
import { collectionRules, indexRules } from "./rules";
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
const commandSchema = parts.extend({
  storageMode: settingsSchema.shape.storageMode.default("mongo"),
});

/** The settings that the commands use; no secret is among them. */
export type CommandSettings = z.infer<typeof commandSchema>;

/**
 * The settings that the commands take from a stack's settings file, or from its text; without
 * either, the document's defaults. Encrypted values and those of the rollout are left where they
 * are.
 *
 * @param from a path such as `Pulumi.prod.yaml`, or a text of its form
 * @throws SettingsError with every problem; Error where the file cannot be read
 */
export async function commandSettings(
  from: { readonly file: string } | { readonly text: string } | undefined,
): Promise<CommandSettings> {
  const values = from ? valuesIn("text" in from ? from.text : await textOf(from.file)) : {};
  const parsed = commandSchema.safeParse(values);
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  requireNone(collectionRules(parsed.data));
  return parsed.data;
}

/**
 * Makes sure that a schema can be built as the settings name its indexes.
 *
 * @throws SettingsError with every problem
 */
export function requireIndexNames(settings: CommandSettings): void {
  requireNone(indexRules(settings));
}

function requireNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new SettingsError(problems);
}

/**
 * These settings as a text that `commandSettings` reads, without the mode: what a command does
 * follows from its name. No secret is in it.
 */
export function commandSettingsAsText(settings: Omit<CommandSettings, "storageMode">): string {
  const keys = Object.keys(parts.shape);
  const own = Object.entries(settings).filter(([key]) => keys.includes(key));
  const named = own.map(([key, value]) => [`taskrunner-storage:${key}`, value as unknown]);
  return stringify({ config: Object.fromEntries(named) as object });
}

function valuesIn(text: string): Record<string, unknown> {
  const { config = {} } = parse(text) as { readonly config?: Readonly<Record<string, unknown>> };
  const named = Object.entries(config).map(
    ([key, value]) =>
      [key.replace(/^[^:]+:/, ""), typeof value === "string" ? structured(value) : value] as const,
  );
  return Object.fromEntries(named.filter(([key]) => Object.hasOwn(commandSchema.shape, key)));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(
      `The settings file ${file} cannot be read. Name it with --settings or --stack.`,
      {
        cause: error,
      },
    );
  }
}

import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { z } from "zod";
import { structured } from "./parse";
import { problemsOf, SettingsError, type Problem } from "./problems";
import { rolloutFor } from "./rollout";
import { collectionRules, indexRules, sectionConflicts } from "./rules";
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

/**
 * The settings that the commands take from a stack's settings file, or from its text; without
 * either, the specification's defaults. Encrypted values stay where they are. Everything else in a file
 * has to be right, also what a command does not need.
 *
 * @param from a path such as `Pulumi.prod.yaml`, or a text of its form
 * @throws SettingsError with every problem; Error if the file cannot be read
 */
export async function commandSettings(
  from: { readonly file: string } | { readonly text: string } | undefined,
): Promise<CommandSettings> {
  const values = from ? valuesIn("text" in from ? from.text : await textOf(from.file)) : {};
  // The text that a Job has is without a rollout.
  const rollout = rolloutFor(values.rollout).optional();
  const parsed = settingsSchema.extend({ storageMode, rollout }).safeParse(values);
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  const { rollout: stated, ...others } = parsed.data;
  requireNone(
    stated ? sectionConflicts({ ...others, rollout: stated }) : collectionRules(parsed.data),
  );
  return commandSchema.strip().parse(values);
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

/** The settings in a text, without their prefix, by whatever name the project goes. */
function valuesIn(text: string): Record<string, unknown> {
  const { config } = parse(text) as { readonly config?: Readonly<Record<string, unknown>> | null };
  const values = Object.entries(config ?? {}).flatMap(([key, value]) => {
    const [, project = "", name = ""] = /^([^:]+):(.*)$/.exec(key) ?? [];
    // Other projects and providers have keys of their own here.
    const isOurs = project === "taskrunner-storage" || Object.hasOwn(commandSchema.shape, name);
    if (!isOurs || isEncrypted(value)) return [];
    return [[name, typeof value === "string" ? structured(value) : value] as const];
  });
  return Object.fromEntries(values);
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
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

import * as pulumi from "@pulumi/pulumi";
import type { TaskRunnerStorageArgs } from "./args";
import { resolveContext } from "./context";
import { databaseOf, directionTo, type Direction } from "./derived";
import { ProgramError } from "./error";
import { load, parseSettings, parseStructured } from "./load";
import { SettingsError } from "./problems";
import { sectionConflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";

export { ProgramError };
export type { TaskRunnerStorageArgs };

/** The program's settings; connection strings are secret outputs. */
export interface ProgramSettings extends Omit<Settings, "mongoUri" | "appMongoUri"> {
  readonly mongoUri: pulumi.Output<string> | undefined;
  readonly appMongoUri: pulumi.Output<string> | undefined;
  /** Absent if only the connection string of another resource names it. */
  readonly database: string | undefined;
  readonly direction: Direction;
}

/**
 * The settings of the running stack.
 *
 * @throws ProgramError with every problem, before any resource is registered; the engine prints it without a
 *   stack trace
 */
export function programSettings(): ProgramSettings {
  const prefix = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  // The engine lists the encrypted keys in this variable.
  const secret = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const plain = own.map(([key]) => key).filter((key) => !secret.includes(key));
  const values = own.map(([key, value]) => [key.slice(prefix.length), parseStructured(value)]);
  return settingsOf(
    Object.fromEntries(values) as TaskRunnerStorageArgs,
    plain.map((key) => key.slice(prefix.length)),
  );
}

/**
 * Settings from another source than the stack's configuration. A connection string may be another resource's output:
 * the rules that read it wait for its value, and no step begins before.
 *
 * @example
 * ```typescript
 * const settings = settingsOf({
 *   storageMode: "mongo",
 *   mongoUri: server.connectionString,
 *   backfill: { source: { path: "/var/lib/taskrunner" } },
 *   rollout: { target: "values", directory: "deploy", confirm: "none" },
 * });
 * ```
 *
 * @param values the keys of `Pulumi.<stack>.yaml` without their prefix
 * @param plainKeys the keys that are not encrypted in that source; a password in one is rejected
 * @param resource that an error is about; default: the stack
 * @throws ProgramError as `programSettings` does
 */
export function settingsOf(
  values: TaskRunnerStorageArgs,
  plainKeys: readonly string[] = [],
  resource?: pulumi.Resource,
): ProgramSettings {
  const given = definedIn(values) as Readonly<Record<string, unknown>>;
  const { mongoUri, appMongoUri } = given;
  const isAwaiting = isAwaited(mongoUri) || isAwaited(appMongoUri);
  const parse = (strings: object = {}) =>
    reported(resource, () => parseSettings({ ...given, ...strings }, new Set(plainKeys)));
  const settings = isAwaiting ? reported(resource, () => parseSections(given)) : parse();
  const checked = pulumi.output(
    isAwaiting ? pulumi.all({ mongoUri, appMongoUri }).apply(parse) : settings,
  );
  // guarantee: connection strings are secret in the state
  const secretOf = (key: "mongoUri" | "appMongoUri") =>
    given[key] === undefined ? undefined : pulumi.secret(checked.apply((one) => one[key] ?? ""));
  return {
    ...settings,
    kubernetes: reported(resource, () => resolveContext(settings)),
    mongoUri: secretOf("mongoUri"),
    appMongoUri: secretOf("appMongoUri"),
    database: databaseOf(settings),
    direction: directionTo(settings.storageMode),
  };
}

/**
 * The settings with the keys of a stack's file, for the stack's state: commands read them there if the file has none.
 * Connection strings stay secret.
 */
export function statedSettings(settings: ProgramSettings): TaskRunnerStorageArgs {
  const derived = { direction: undefined, database: undefined };
  return { ...settings, ...derived };
}

/** Whether the values are settings that are parsed already. */
export function isProgramSettings(values: TaskRunnerStorageArgs): values is ProgramSettings {
  return "direction" in values;
}

const isAwaited = (value: unknown) => value instanceof Promise || pulumi.Output.isInstance(value);

/** Without members that are undefined, which TypeScript allows for an optional one, and the schema for few. */
function definedIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (isAwaited(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, definedIn(member)]));
}

/** Parses all but the connection strings, of which only the presence is known yet. */
function parseSections({ mongoUri, appMongoUri, ...others }: Readonly<Record<string, unknown>>) {
  const presence = (value: unknown) => (value === undefined ? undefined : "");
  const strings = { mongoUri: presence(mongoUri), appMongoUri: presence(appMongoUri) };
  return load(settingsSchema, others, (one) => sectionConflicts({ ...one, ...strings }));
}

function reported<Result>(resource: pulumi.Resource | undefined, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof SettingsError ? new ProgramError(error.message, resource) : error;
  }
}

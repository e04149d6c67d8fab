import * as pulumi from "@pulumi/pulumi";
import { databaseOf } from "./derived";
import { directionsOf, type Directions } from "./direction";
import { resolveContext } from "./kubeconfig";
import { parseSettings, parseStructured } from "./parse";
import { SettingsError } from "./problems";
import type { Settings } from "./schema";

/** The settings as the program uses them: connection strings are secret outputs only. */
export interface ProgramSettings extends Omit<Settings, "mongoUri" | "appMongoUri"> {
  readonly mongoUri: pulumi.Output<string> | undefined;
  readonly appMongoUri: pulumi.Output<string> | undefined;
  readonly database: string | undefined;
  readonly directions: Directions;
}

/**
 * The settings of the stack that runs.
 *
 * @throws pulumi.RunError, which the engine prints without a stack trace, with every problem in
 *   one message, before any resource is registered
 */
export function programSettings(): ProgramSettings {
  const settings = parseOrRefuse();
  return {
    ...settings,
    mongoUri: secretOf(settings.mongoUri),
    appMongoUri: secretOf(settings.appMongoUri),
    database: databaseOf(settings),
    directions: directionsOf(settings),
  };
}

function parseOrRefuse(): Settings {
  try {
    const settings = parseSettings(readConfiguration(), plainKeys());
    return { ...settings, kubernetes: resolveContext(settings) };
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

const secretOf = (uri: string | undefined) => (uri === undefined ? undefined : pulumi.secret(uri));

const prefix = () => `${pulumi.getProject()}:`;

function readConfiguration(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix()))
      .map(([key, value]) => [key.slice(prefix().length), parseStructured(value)]),
  );
}

/** The engine names the encrypted keys in this variable beside the configuration itself. */
function plainKeys(): Set<string> {
  const secret = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const plain = Object.keys(pulumi.runtime.allConfig()).filter((key) => !secret.includes(key));
  return new Set(plain.map((key) => key.slice(prefix().length)));
}

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { databaseOf, directionTo, type Direction } from "./derived";
import { parseSettings, parseStructured } from "./load";
import { SettingsError } from "./problems";
import type { KubernetesSettings, Settings } from "./schema";

/** The program's settings; connection strings are secret outputs. */
export interface ProgramSettings extends Omit<Settings, "mongoUri" | "appMongoUri"> {
  readonly mongoUri: pulumi.Output<string> | undefined;
  readonly appMongoUri: pulumi.Output<string> | undefined;
  readonly database: string | undefined;
  readonly direction: Direction;
}

/**
 * The settings of the running stack.
 *
 * @throws pulumi.RunError with every problem, before any resource is registered; the engine prints it without a
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
    Object.fromEntries(values) as Record<string, unknown>,
    plain.map((key) => key.slice(prefix.length)),
  );
}

/**
 * Settings from another source than the stack's configuration.
 *
 * @param values the keys of `Pulumi.<stack>.yaml` without their prefix
 * @param plainKeys the keys that are not encrypted in that source; a password in one is rejected
 * @throws pulumi.RunError as `programSettings` does
 */
export function settingsOf(
  values: Readonly<Record<string, unknown>>,
  plainKeys: readonly string[] = [],
): ProgramSettings {
  // guarantee: connection strings are secret in the state
  const secretOf = (uri: string | undefined) =>
    uri === undefined ? undefined : pulumi.secret(uri);
  try {
    const settings = parseSettings(values, new Set(plainKeys));
    return {
      ...settings,
      kubernetes: resolveContext(settings),
      mongoUri: secretOf(settings.mongoUri),
      appMongoUri: secretOf(settings.appMongoUri),
      database: databaseOf(settings),
      direction: directionTo(settings.storageMode),
    };
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

/**
 * Adds the kubeconfig's only context to the settings, so that `kubectl config use-context` has no effect during an
 * `up`. A kubeconfig that cannot be read is left to the steps, which report it.
 *
 * @throws SettingsError if a stack with a cluster names no context and the kubeconfig has several
 */
export function resolveContext(settings: Settings): KubernetesSettings {
  const { kubernetes, rollout, jobs, cluster } = settings;
  const seesPods = rollout.target !== "values" || typeof rollout.confirm === "object";
  const isUsed = seesPods || jobs !== undefined || cluster.kind === "kubernetes";
  if (!isUsed || kubernetes.context !== undefined) return kubernetes;
  const defaults = process.env.KUBECONFIG?.split(delimiter) ?? [join(homedir(), ".kube", "config")];
  const files = kubernetes.kubeconfig === undefined ? defaults : [kubernetes.kubeconfig];
  const [context, ...others] = new Set(files.flatMap(contextsIn));
  if (context === undefined) return kubernetes;
  if (others.length === 0) return { ...kubernetes, context };
  const found = "missing, although the kubeconfig has several contexts";
  const allowed = [context, ...others].join(", ");
  throw new SettingsError([{ key: "kubernetes.context", found, allowed }]);
}

function contextsIn(file: string): string[] {
  try {
    const { contexts } = parse(readFileSync(file, "utf8")) as { contexts: { name: string }[] };
    return contexts.map(({ name }) => name);
  } catch {
    return [];
  }
}

import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { Settings } from "../settings";

/** A plugin of the engine, in the version of the project's package. */
export interface Plugin {
  /** Such as `kubernetes`. */
  readonly name: string;
  /** Such as `4.25.0`. */
  readonly version: string;
  /** Its file, on PATH or below `PULUMI_HOME`; undefined if it is at neither place. */
  readonly file: string | undefined;
}

/** The settings that need plugins, as far as they are valid. */
export type PluginSettings = {
  readonly [Key in "rollout" | "cluster" | "jobs"]?: Settings[Key] | undefined;
};

/** The names of the plugins that the settings need. */
export function pluginsOf({ rollout, cluster, jobs }: PluginSettings): string[] {
  const isHelm = rollout !== undefined && rollout.target !== "values";
  return [
    ...(isHelm || jobs || cluster?.kind === "kubernetes" ? ["kubernetes"] : []),
    ...(cluster?.kind === "atlas" ? ["mongodbatlas"] : []),
  ];
}

/**
 * Looks for a plugin where the engine looks for it (docs/supported.md#a-machine-without-internet-access).
 *
 * @throws Error if the project does not have the package
 */
export function findPlugin(name: string): Plugin {
  // The engine takes the version of the project's package.
  const project = createRequire(resolve("package.json"));
  const { version } = project(`@pulumi/${name}/package.json`) as { readonly version: string };
  return { name, version, file: findFile(name, version) };
}

function findFile(name: string, version: string): string | undefined {
  const { PATH = "", PULUMI_HOME = join(homedir(), ".pulumi") } = process.env;
  const own = join(PULUMI_HOME, "plugins", `resource-${name}-v${version}`);
  // The engine marks a download that is not whole.
  const folders = [...PATH.split(delimiter), ...(existsSync(`${own}.partial`) ? [] : [own])];
  const files = folders.filter(Boolean).map((folder) => join(folder, `pulumi-resource-${name}`));
  return files.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the engine may download a plugin; it reads the variable in the same way. */
export function mayDownload(): boolean {
  const { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: disabled = "" } = process.env;
  return !/^(1|true)$/i.test(disabled);
}

/** How to install a plugin on a machine that cannot download it. */
export const installHint = ({ name, version }: Plugin) =>
  `On a machine with internet access download the plugin, then run \`pulumi plugin install resource ${name} ${version} --file FILE\` here.`;

/**
 * Installs a plugin that is missing. The engine would too, but retries for each resource and prints stack traces.
 *
 * @returns why it is missing; undefined if it is there
 */
export function installPlugin(name: string): string | undefined {
  const plugin = findPlugin(name);
  const { version, file } = plugin;
  if (file !== undefined) return undefined;
  const missing = `Pulumi's plugin for ${name}, version ${version}, is neither on PATH nor below PULUMI_HOME`;
  const ending = `${installHint(plugin)} Nothing was changed.`;
  if (!mayDownload())
    return `${missing}, and PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION forbids its download. ${ending}`;
  try {
    const stdio = ["ignore", "inherit", "pipe"] as const;
    execFileSync("pulumi", ["plugin", "install", "resource", name, version], { stdio: [...stdio] });
    return undefined;
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string | Buffer };
    const why = /^error: (.*)$/m.exec(String(stderr))?.[1] ?? String(error);
    return `${missing}, and it cannot be downloaded: ${why}. ${ending}`;
  }
}

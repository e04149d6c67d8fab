import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { repository } from "../repository";
import { executable } from "../run";
import { choose } from "../sources";
import { versions } from "../versions";
import { pulumiBuild, pulumiDownload, pulumiOnPath, usableCli } from "./cli";
import { kubernetesPlugin, linkPlugin, pluginName } from "./plugin";

/** A Pulumi engine: the CLI, its Node language host and its host of dynamic providers. */
export interface Engine {
  /** The PATH that has `pulumi` and its plugins. */
  readonly path: string;
  /** The CLI's version, such as `v3.274.1`. */
  readonly version: string;
  /** The file of its plugin for Kubernetes, if requested. */
  readonly plugin?: string;
}

/** Options of an engine. */
export interface EngineOptions {
  /** Whether to find the plugin for Kubernetes too; default: false. */
  readonly kubernetes?: boolean;
}

/**
 * The engine: from PATH, the official download, or a build from pinned Go modules. The latter two are kept in the
 * user's cache folder.
 *
 * @throws PartError if no source works, with what to install
 */
export async function engine({ kubernetes = false }: EngineOptions = {}): Promise<Engine> {
  const own = process.env.PATH ?? "";
  // The one on PATH needs no folder of its own.
  const joinFolders = (...folders: readonly string[]) => folders.filter(Boolean).join(delimiter);
  const findInstalled = async () => {
    const answer = usableCli(await pulumiOnPath(own));
    return "part" in answer ? { part: "" } : answer;
  };
  const advice =
    `Install Pulumi (https://www.pulumi.com/docs/install/), ${versions.oldestPulumi} or later, ` +
    "or Go (https://go.dev/dl/), and run this again";
  const sources = [pulumiDownload(), await pulumiBuild()];
  const folder = await choose("pulumi", findInstalled, sources, advice);
  // The npm package's host of dynamic providers comes last: a distribution brings its own.
  const path = joinFolders(folder, own, join(repository, "node_modules", "@pulumi", "pulumi"));
  const { version = "" } = await pulumiOnPath(path);
  if (!kubernetes) return { path, version };
  const plugin = await kubernetesPlugin(path);
  // The engine prefers one on PATH, whatever its version.
  const other = executable(pluginName, path) !== undefined;
  return { path: other ? joinFolders(dirname(plugin), path) : path, version, plugin };
}

/**
 * The environment of a `pulumi` command that writes to one folder only.
 *
 * @param directory absolute; for `pulumi/` (the state) and `pulumi-home/`, with a link to the plugin
 * @param passphrase of the stack's secrets
 */
export async function engineEnvironment(
  engine: Engine,
  directory: string,
  passphrase: string,
): Promise<Record<string, string>> {
  const state = join(directory, "pulumi");
  const home = join(directory, "pulumi-home");
  await mkdir(state, { recursive: true });
  if (engine.plugin !== undefined) await linkPlugin(engine.plugin, home);
  return {
    PATH: engine.path,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: pathToFileURL(state).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

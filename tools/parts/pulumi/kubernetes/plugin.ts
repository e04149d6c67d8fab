import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { executable } from "../../executable";
import { choose } from "../../sources";
import { versions } from "../../versions";
import { pluginBuild } from "./build";
import { pluginDownload } from "./download";
import { pluginName, pluginOnPath } from "./installed";

/**
 * The file of the engine's plugin for Kubernetes: what is on PATH, else the official download, else a
 * build from pinned Go modules; both are kept in the user's cache folder.
 *
 * @param path the engine's value for PATH
 * @throws PartError if there is no way to one, with what can be installed
 */
export async function kubernetesPlugin(path: string): Promise<string> {
  const pulumi = executable("pulumi", path) ?? "pulumi";
  const sources = [pluginDownload(pulumi), await pluginBuild()];
  const folder = await choose(pluginName, () => pluginOnPath(pulumi, path), sources, advice);
  return join(folder, pluginName);
}

const advice =
  `Install ${pluginName} ${versions.kubernetesPlugin} ` +
  "(https://github.com/pulumi/pulumi-kubernetes/releases) on PATH, or Go (https://go.dev/dl/), " +
  "and run this again";

/**
 * Puts the plugin where the engine looks for those that it installed itself: about one that it finds
 * on PATH alone it warns in every run.
 *
 * @param home the engine's PULUMI_HOME
 */
export async function linkPlugin(file: string, home: string): Promise<void> {
  const folder = join(home, "plugins", `resource-kubernetes-${versions.kubernetesPlugin}`);
  await mkdir(folder, { recursive: true });
  const link = join(folder, pluginName);
  await rm(link, { force: true });
  await symlink(file, link);
}

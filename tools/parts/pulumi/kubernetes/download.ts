import { arch, platform } from "node:os";
import type { Source } from "../../sources";
import { versions } from "../../versions";
import { archiveSource } from "../archive";
import { systemName } from "../download";
import { pluginName, pluginVersion } from "./installed";

/** Where Pulumi's official archives of plugins are. */
const releases = "https://get.pulumi.com/releases/plugins";

/**
 * The folder of the official archive of the Kubernetes plugin.
 *
 * @param pulumi the file of the CLI
 */
export function pluginDownload(pulumi: string, from = releases): Source<string> {
  const system = systemName(platform(), arch())?.replace("x64", "amd64");
  const version = versions.kubernetesPlugin;
  return archiveSource({
    name: `${pluginName}-${version}`,
    title: `${pluginName} ${version}`,
    version,
    url: `${from}/${pluginName}-${version}-${system ?? "none"}.tar.gz`,
    exists: system !== undefined,
    strip: 0,
    holds: async (folder) => (await pluginVersion(pulumi, folder)) === version,
  });
}

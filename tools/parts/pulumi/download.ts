import { arch, platform } from "node:os";
import { join } from "node:path";
import { answerOf } from "../run";
import type { Source } from "../sources";
import { versions } from "../versions";
import { archiveSource } from "./archive";

/** Where Pulumi's official archives are. */
const releases = "https://get.pulumi.com/releases/sdk";

/** The folder of an official archive of Pulumi, which holds the CLI and all its plugins. */
export function pulumiDownload(from = releases): Source<string> {
  const system = systemName(platform(), arch());
  const version = versions.pulumi;
  return archiveSource({
    name: `pulumi-${version}`,
    title: `Pulumi ${version}`,
    version,
    url: `${from}/pulumi-${version}-${system ?? "none"}.tar.gz`,
    exists: system !== undefined,
    strip: 1,
    holds: async (folder) => (await answerOf(join(folder, "pulumi"), "version")) === version,
  });
}

/** The name of a system in Pulumi's archives, such as `linux-x64`, or undefined if it has none. */
export function systemName(system: string, processor: string): string | undefined {
  const known = ["linux", "darwin"].includes(system) && ["x64", "arm64"].includes(processor);
  return known ? `${system}-${processor}` : undefined;
}

import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fillOnce, partFolder } from "../cache";
import { downloadInto } from "../download";
import { unreachable } from "../reach";
import { answerOf } from "../run";
import type { Source } from "../sources";
import { versions } from "../versions";

/** Where Pulumi's official archives are. */
const releases = "https://get.pulumi.com/releases/sdk";

/** The folder of an official archive of Pulumi, which holds the CLI and all its plugins. */
export function pulumiDownload(from = releases): Source<string> {
  const system = systemName(platform(), arch());
  const url = `${from}/pulumi-${versions.pulumi}-${system ?? "none"}.tar.gz`;
  const folder = partFolder(`pulumi-${versions.pulumi}`, ["download", url]);
  return {
    kept: () => Promise.resolve(existsSync(folder) ? folder : undefined),
    closed: () =>
      system === undefined
        ? Promise.resolve(`no archive for ${platform()} on ${arch()}`)
        : unreachable(url),
    doing: `downloading ${versions.pulumi} from ${new URL(from).host}`,
    async get() {
      await fillOnce(folder, (aside) => fill(aside, url));
      return folder;
    },
  };
}

async function fill(aside: string, url: string): Promise<void> {
  await downloadInto(aside, url, `downloading Pulumi ${versions.pulumi}`);
  const version = await answerOf(join(aside, "pulumi"), "version");
  if (version !== versions.pulumi) throw new Error(`${url} holds no Pulumi ${versions.pulumi}`);
}

/** The name of a system in Pulumi's archives, such as `linux-x64`, or undefined if it has none. */
export function systemName(system: string, processor: string): string | undefined {
  const known = ["linux", "darwin"].includes(system) && ["x64", "arm64"].includes(processor);
  return known ? `${system}-${processor}` : undefined;
}

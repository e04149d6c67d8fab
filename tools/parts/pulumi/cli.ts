import { copyFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { delimiter, join } from "node:path";
import { archiveSource } from "../download";
import { goBuild, goSource } from "../go";
import { repository } from "../repository";
import { answerOf, executable, folderOf } from "../run";
import type { PartAnswer, Source } from "../sources";
import { atLeast, versions } from "../versions";

/** An installed Pulumi. */
interface Found {
  /** The output of `pulumi version`; undefined without that program. */
  readonly version: string | undefined;
  readonly languageHost: boolean;
}

/** The version of a Pulumi, or why it cannot run this project's program. */
export function usableCli({ version, languageHost }: Found): PartAnswer<string> {
  if (version === undefined) return { missing: "not on PATH" };
  const name = version === "" ? "the one on PATH, which states no version," : `${version} on PATH`;
  if (!/^v?3\./.test(version) || !atLeast(version, versions.oldestPulumi)) {
    return { missing: `${name} is not version 3 from ${versions.oldestPulumi} on` };
  }
  if (!languageHost) return { missing: `${name} comes without pulumi-language-nodejs` };
  return { part: version };
}

/** The Pulumi on PATH; plugins beside the CLI count too, as in a distribution. */
export async function pulumiOnPath(path = process.env.PATH ?? ""): Promise<Found> {
  const cli = executable("pulumi", path);
  if (cli === undefined) return { version: undefined, languageHost: false };
  const folders = [folderOf(cli), path].join(delimiter);
  return {
    version: await answerOf(cli, "version"),
    languageHost: executable("pulumi-language-nodejs", folders) !== undefined,
  };
}

/** The folder of Pulumi's official archive, with the CLI and its plugins. */
export function pulumiDownload(from = "https://get.pulumi.com/releases/sdk"): Source<string> {
  const version = versions.pulumi;
  return archiveSource({
    name: "pulumi",
    version,
    title: "Pulumi",
    from,
    strip: 1,
    system: systemName(platform(), arch()),
    holds: async (folder) => (await answerOf(join(folder, "pulumi"), "version")) === version,
  });
}

/** A system's name in Pulumi's archives, such as `linux-x64`; undefined if there is none. */
export function systemName(system: string, processor: string): string | undefined {
  const known = ["linux", "darwin"].includes(system) && ["x64", "arm64"].includes(processor);
  return known ? `${system}-${processor}` : undefined;
}

const sdk = "github.com/pulumi/pulumi/sdk/v3";

/** The programs, each with its package. A program's module in tools/go has its name. */
const built = [
  ["pulumi-language-nodejs", `${sdk}/nodejs/cmd/pulumi-language-nodejs`, versions.languageHost],
  ["pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", versions.pulumi],
] as const;

/** The host of dynamic providers, a script in the npm package of Pulumi's SDK. */
const dynamicHost = "pulumi-resource-pulumi-nodejs";

/** The folder of a built Pulumi, laid out as a distribution. */
export function pulumiBuild(): Promise<Source<string>> {
  return goSource({
    name: "pulumi",
    version: versions.pulumi,
    time: "4 to 10 min",
    modules: built.map(([name]) => name),
    madeFrom: built.map(([, program, version]) => `${program}@${version}`),
    async fill(aside) {
      for (const [module, program, version] of built) {
        const stamps = [`${sdk}/go/common/version.Version=${version}`];
        await goBuild(
          { module, title: `${module} ${version}`, packages: [program], stamps },
          aside,
        );
      }
      // Beside the CLI it counts as part of it; elsewhere on PATH every run would warn about it.
      await copyFile(
        join(repository, "node_modules", "@pulumi", "pulumi", dynamicHost),
        join(aside, dynamicHost),
      );
    },
    partIn: (folder) => folder,
  });
}

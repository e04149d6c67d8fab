import { copyFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { delimiter, join } from "node:path";
import { archiveSource } from "../download";
import { goBuild, goSource } from "../go";
import { repository } from "../repository";
import { answerOf, executable, folderOf } from "../run";
import type { PartAnswer, Source } from "../sources";
import { atLeast, versions } from "../versions";

/** What there is of Pulumi. */
interface Found {
  /** What `pulumi version` prints, or undefined if there is no such program. */
  readonly version: string | undefined;
  readonly languageHost: boolean;
}

/** The version of a Pulumi, if it can run this project's program; else why not. */
export function usableCli({ version, languageHost }: Found): PartAnswer<string> {
  if (version === undefined) return { missing: "not on PATH" };
  const name = version === "" ? "the one on PATH, which states no version," : `${version} on PATH`;
  if (!/^v?3\./.test(version) || !atLeast(version, versions.oldestPulumi)) {
    return { missing: `${name} is not version 3 from ${versions.oldestPulumi} on` };
  }
  if (!languageHost) return { missing: `${name} comes without pulumi-language-nodejs` };
  return { part: version };
}

/** What is on PATH; plugins also count where they lie beside the CLI, as in a distribution. */
export async function pulumiOnPath(path = process.env.PATH ?? ""): Promise<Found> {
  const cli = executable("pulumi", path);
  if (cli === undefined) return { version: undefined, languageHost: false };
  const folders = [folderOf(cli), path].join(delimiter);
  return {
    version: await answerOf(cli, "version"),
    languageHost: executable("pulumi-language-nodejs", folders) !== undefined,
  };
}

/** The folder of an official archive of Pulumi, which holds the CLI and all its plugins. */
export function pulumiDownload(from = "https://get.pulumi.com/releases/sdk"): Source<string> {
  const version = versions.pulumi;
  return archiveSource({
    ...{ name: "pulumi", version, title: "Pulumi", from, strip: 1 },
    system: systemName(platform(), arch()),
    holds: async (folder) => (await answerOf(join(folder, "pulumi"), "version")) === version,
  });
}

/** The name of a system in Pulumi's archives, such as `linux-x64`, or undefined if it has none. */
export function systemName(system: string, processor: string): string | undefined {
  const known = ["linux", "darwin"].includes(system) && ["x64", "arm64"].includes(processor);
  return known ? `${system}-${processor}` : undefined;
}

const sdk = "github.com/pulumi/pulumi/sdk/v3";

/** The programs, each with the package that is built in its module of tools/go, which has its name. */
const built = [
  ["pulumi-language-nodejs", `${sdk}/nodejs/cmd/pulumi-language-nodejs`, versions.languageHost],
  ["pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", versions.pulumi],
] as const;

/** The host of dynamic providers, a script that the npm package of Pulumi's SDK brings. */
const dynamicHost = "pulumi-resource-pulumi-nodejs";

/** The folder of a Pulumi that is built here, laid out as a distribution's. */
export function pulumiBuild(): Promise<Source<string>> {
  return goSource({
    ...{ name: "pulumi", version: versions.pulumi, time: "4 to 10 min" },
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
      // Beside the CLI it counts as part of it; from elsewhere on PATH every run would warn about it.
      await copyFile(
        join(repository, "node_modules", "@pulumi", "pulumi", dynamicHost),
        join(aside, dynamicHost),
      );
    },
    partIn: (folder) => folder,
  });
}

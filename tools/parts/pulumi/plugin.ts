import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { archiveSource } from "../download";
import { findModule, goBuild, goModule, goSource } from "../go";
import { answerOf, executable, folderOf } from "../run";
import { type PartAnswer, choose } from "../sources";
import { versions } from "../versions";
import { systemName } from "./cli";

/** The file of Pulumi's plugin for Kubernetes. */
export const pluginName = "pulumi-resource-kubernetes";

const version = versions.kubernetesPlugin;

/**
 * The file of the engine's plugin for Kubernetes: from PATH, the official download, or a build from pinned Go
 * modules. The latter two are kept in the user's cache folder.
 *
 * @param path the engine's PATH
 * @throws PartError if no source works, with what to install
 */
export async function kubernetesPlugin(path: string): Promise<string> {
  const pulumi = executable("pulumi", path) ?? "pulumi";
  const download = archiveSource({
    name: pluginName,
    version,
    title: pluginName,
    strip: 0,
    from: "https://get.pulumi.com/releases/plugins",
    system: systemName(platform(), arch())?.replace("x64", "amd64"),
    holds: async (folder) => (await pluginVersion(pulumi, folder)) === version,
  });
  const build = await goSource({
    name: pluginName,
    version,
    time: "4 to 10 min",
    modules: [pluginName],
    madeFrom: [version],
    fill,
    partIn: (folder) => folder,
  });
  const advice =
    `Install ${pluginName} ${version} (https://github.com/pulumi/pulumi-kubernetes/releases) on PATH, ` +
    "or Go (https://go.dev/dl/), and run this again";
  const findInstalled = () => pluginOnPath(pulumi, path);
  return join(await choose(pluginName, findInstalled, [download, build], advice), pluginName);
}

/** The folder of the plugin on PATH, if its version is the program's. */
export async function pluginOnPath(pulumi: string, path: string): Promise<PartAnswer<string>> {
  const file = executable(pluginName, path);
  if (file === undefined) return { missing: "not on PATH" };
  const folder = folderOf(file);
  const found = await pluginVersion(pulumi, folder);
  if (found === version) return { part: folder };
  return { missing: `the one on PATH is ${found ?? "of no known version"}, not ${version}` };
}

/** The version of a folder's plugin, which only its schema has. */
async function pluginVersion(pulumi: string, folder: string): Promise<string | undefined> {
  const text = await answerOf(pulumi, "package", "get-schema", join(folder, pluginName));
  if (text === undefined) return undefined;
  return `v${z.object({ version: z.string() }).parse(JSON.parse(text)).version}`;
}

/** Builds the module in tools/go, with the schema and mapping that the provider embeds. */
async function fill(aside: string): Promise<void> {
  const provider = "github.com/pulumi/pulumi-kubernetes/provider/v4";
  const directory = join(aside, "sources");
  await mkdir(directory);
  for (const file of ["go.mod", "go.sum", "main.go"]) {
    await copyFile(join(goModule(pluginName), file), join(directory, file));
  }
  const module = await findModule(pluginName, provider);
  if (module === undefined) throw new Error(`go cannot get the module ${provider}`);
  const stated = version.slice(1);
  for (const [name, added] of [
    ["schema.json", { version: stated }],
    ["terraform-mapping.json", {}],
  ] as const) {
    const text = await readFile(join(module, "cmd", pluginName, name), "utf8");
    const content = { ...(JSON.parse(text) as object), ...added };
    await writeFile(join(directory, name), JSON.stringify(content));
  }
  const title = `${pluginName} ${version}`;
  const stamps = [`${provider}/pkg/version.Version=${stated}`];
  await goBuild({ module: pluginName, directory, title, packages: ["."], stamps }, aside);
  await rm(directory, { recursive: true });
}

/**
 * Links the plugin into the engine's own plugin folder: the engine would warn in each run about one that is only on
 * PATH.
 *
 * @param home the engine's PULUMI_HOME
 */
export async function linkPlugin(file: string, home: string): Promise<void> {
  const folder = join(home, "plugins", `resource-kubernetes-${version}`);
  await mkdir(folder, { recursive: true });
  const link = join(folder, pluginName);
  await rm(link, { force: true });
  await symlink(file, link);
}

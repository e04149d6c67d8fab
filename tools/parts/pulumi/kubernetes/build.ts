import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goBuild, goModule, goSource, findModule } from "../../go";
import type { Source } from "../../sources";
import { versions } from "../../versions";
import { pluginName } from "./installed";

const provider = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const version = versions.kubernetesPlugin.slice(1);

/** The folder of a Kubernetes plugin that is built here. */
export function pluginBuild(): Promise<Source<string>> {
  return goSource({
    name: `${pluginName}-${versions.kubernetesPlugin}`,
    modules: [pluginName],
    madeFrom: [versions.kubernetesPlugin],
    doing: `building ${versions.kubernetesPlugin} from Go modules (4 to 10 min, once)`,
    fill,
    partIn: (folder) => folder,
  });
}

async function fill(aside: string): Promise<void> {
  const sources = join(aside, "sources");
  await mkdir(sources);
  await writeSources(sources);
  const build = {
    module: pluginName,
    directory: sources,
    title: `${pluginName} ${versions.kubernetesPlugin}`,
    packages: ["."],
    stamps: [`${provider}/pkg/version.Version=${version}`],
  };
  await goBuild(build, aside);
  await rm(sources, { recursive: true });
}

/** Writes our module, with the provider's schema and mapping as its program embeds them. */
async function writeSources(folder: string): Promise<void> {
  for (const file of ["go.mod", "go.sum", "main.go"]) {
    await copyFile(join(goModule(pluginName), file), join(folder, file));
  }
  const module = await findModule(pluginName, provider);
  if (module === undefined) throw new Error(`go cannot get the module ${provider}`);
  const read = async (name: string) =>
    JSON.parse(await readFile(join(module, "cmd", pluginName, name), "utf8")) as object;
  const schema = { ...(await read("schema.json")), version };
  await writeFile(join(folder, "schema.json"), JSON.stringify(schema));
  const mapping = await read("terraform-mapping.json");
  await writeFile(join(folder, "terraform-mapping.json"), JSON.stringify(mapping));
}

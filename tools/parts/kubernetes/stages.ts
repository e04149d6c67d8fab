import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillOnce } from "../cache";
import { PartError } from "../error";
import { goPartFolder, noGo, findModule } from "../go";
import { versions } from "../versions";
import { controlPlaneModule } from "./build";

const advice = "Install Go (https://go.dev/dl/), and run this again";

/** kwok's own stages, in its module: nodes that stay ready, pods that run, claims that are bound. */
const wanted = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"];

/**
 * The folder in the cache whose `stages.yaml` tells kwok how to play nodes, pods and volumes;
 * without stages it does not start. They are copied from kwok's Go module.
 *
 * @throws PartError if the module cannot be had
 */
export async function kwokStages(): Promise<string> {
  const madeFrom = ["stages", versions.kwok, ...wanted];
  const folder = await goPartFolder(`kwok-stages-${versions.kwok}`, [controlPlaneModule], madeFrom);
  if (!existsSync(folder)) await fillOnce(folder, fill);
  return folder;
}

async function fill(aside: string): Promise<void> {
  const stages = join(await kwokModule(), "kustomize", "stage");
  const texts = await Promise.all(wanted.map((folder) => stagesIn(join(stages, folder))));
  await writeFile(join(aside, "stages.yaml"), texts.flat().join("---\n"));
}

/** The texts of a folder's stages; what else is there is for kustomize. */
async function stagesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.filter((text) => /^kind: Stage$/m.test(text));
}

/** The folder of kwok's module in the Go module cache. */
async function kwokModule(): Promise<string> {
  const module = "sigs.k8s.io/kwok";
  const folder = await findModule(controlPlaneModule, module);
  if (folder !== undefined) return folder;
  const reason = (await noGo()) ?? `go cannot get the module ${module} ${versions.kwok}`;
  throw new PartError(`kwok's stages: ${reason}. ${advice}`);
}

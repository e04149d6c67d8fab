import { join } from "node:path";
import { z } from "zod";
import { executable, folderOf } from "../../executable";
import { answerOf } from "../../run";
import type { Answer } from "../../sources";
import { versions } from "../../versions";

/** The file of Pulumi's plugin for Kubernetes. */
export const pluginName = "pulumi-resource-kubernetes";

/** The folder of the plugin on PATH, if it is of the version that the program asks for. */
export async function pluginOnPath(pulumi: string, path: string): Promise<Answer<string>> {
  const file = executable(pluginName, path);
  if (file === undefined) return { missing: "not on PATH" };
  const folder = folderOf(file);
  const version = await pluginVersion(pulumi, folder);
  if (version === versions.kubernetesPlugin) return { part: folder };
  const is = version ?? "of no known version";
  return { missing: `the one on PATH is ${is}, not ${versions.kubernetesPlugin}` };
}

const schema = z.object({ version: z.string() });

/** The version that the plugin in a folder states in its schema, for it states it nowhere else. */
export async function pluginVersion(pulumi: string, folder: string): Promise<string | undefined> {
  const text = await answerOf(pulumi, "package", "get-schema", join(folder, pluginName));
  return text === undefined ? undefined : `v${schema.parse(JSON.parse(text)).version}`;
}

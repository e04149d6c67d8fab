import { copyFile, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { generateSample } from "../../sample";
import { say } from "../parts";
import { type Places, showPath } from "./places";

/** The values files of the services, in sample/rollout and in .dev/rollout. */
export const valuesFiles = ["worker.values.yaml", "web.values.yaml"] as const;

/** Makes the files of an environment in filesystem mode, where they are not there yet. */
export async function makeFiles(places: Places): Promise<void> {
  if (!existsSync(places.state)) {
    say(`sample: writing a filesystem state to ${showPath(places, places.state)}`);
    await generateSample(places.state);
  }
  if (places.stack.kubernetes) return;
  await mkdir(places.rollout, { recursive: true });
  for (const file of valuesFiles) {
    const to = join(places.rollout, file);
    if (existsSync(to)) continue;
    await copyFile(join(places.repository, "sample", "rollout", file), to);
  }
}

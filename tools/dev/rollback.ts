import { existsSync } from "node:fs";
import { DevError } from "./error";
import { clusterOf } from "./kubernetes";
import type { Places } from "./places";
import { stackWith, updateAndTell } from "./run";
import { makeCommand } from "./stacks";

/** Puts worker and web back on files. It needs no MongoDB and starts none. */
export async function rollback(places: Places): Promise<void> {
  if (!existsSync(places.settings)) {
    const up = makeCommand("up", places.stack);
    throw new DevError(
      `there is nothing to roll back: \`${up}\` makes the ${places.stack.name} stack`,
    );
  }
  const cluster = await clusterOf(places);
  const stack = await stackWith({ storageMode: "filesystem", keepUris: true }, places);
  await updateAndTell(stack, { cluster });
}

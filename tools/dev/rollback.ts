import { existsSync } from "node:fs";
import { DevError } from "./error";
import type { Places } from "./places";
import { stackWith, updateAndTell } from "./run";

/** Puts worker and web back on files. It needs no MongoDB and starts none. */
export async function rollback(places: Places): Promise<void> {
  if (!existsSync(places.settings)) {
    throw new DevError("there is nothing to roll back: `make up` makes the dev stack");
  }
  const stack = await stackWith({ storageMode: "filesystem", keepUris: true }, places);
  await updateAndTell(stack, {});
}

import { rm } from "node:fs/promises";
import { down } from "./down";
import type { Places } from "./places";

/** Stops what `up` started and removes all that it made. The cache of tools stays. */
export async function clean(places: Places): Promise<void> {
  await down(places);
  await rm(places.dev, { recursive: true, force: true });
  console.log("removed .dev");
}

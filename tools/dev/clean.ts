import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { down } from "./down";
import { type Places, showPath } from "./places";
import { stacks } from "./stacks";

/**
 * Stops what `up` started and removes all that it made. The cache of tools stays, and the other
 * stacks' folders, for what they hold may be in use.
 */
export async function clean(places: Places): Promise<void> {
  await down(places);
  const others: string[] = Object.keys(stacks).filter((name) => name !== places.stack.name);
  const names = await readdir(places.dev).catch(() => []);
  const kept = names.filter((name) => others.includes(name));
  for (const name of names) {
    if (!kept.includes(name)) await rm(join(places.dev, name), { recursive: true, force: true });
  }
  if (kept.length === 0) await rm(places.dev, { recursive: true, force: true });
  const stays = kept.map((name) => `; \`make clean STACK=${name}\` removes the rest`);
  console.log(`removed ${showPath(places, places.dev)}${stays.join("")}`);
}

import { chosenDatabase, secretsFor } from "./database";
import { makeFiles } from "./files";
import type { Places } from "./places";
import { stackWith } from "./run";
import { runningServer } from "./server";
import { preview as show } from "./stack";

/** What `up` would change. It starts no server: without one the preview says what it cannot know. */
export async function preview(places: Places): Promise<void> {
  const database = chosenDatabase(process.env, await runningServer(places));
  await makeFiles(places);
  const change = { storageMode: "mongo", keepUris: false } as const;
  await show(await stackWith(change, places, secretsFor(database)));
}

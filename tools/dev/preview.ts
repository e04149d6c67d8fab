import { say } from "../parts";
import { chooseDatabase, secretsFor } from "./database";
import { makeFiles } from "./files";
import { clusterOf } from "./kubernetes";
import type { Places } from "./places";
import { hasServices, stackWith } from "./run";
import { runningServer } from "./server";
import { preview as show } from "./stack";
import { makeCommand } from "./stacks";

/**
 * What `up` would change. It starts no MongoDB: without it the preview says what it cannot know. A
 * stack's Kubernetes is started, as an environment's would be there.
 */
export async function preview(places: Places): Promise<void> {
  const database = chooseDatabase(process.env, places.stack, await runningServer(places));
  const cluster = await clusterOf(places);
  await makeFiles(places);
  const secrets = secretsFor(database, places.stack);
  const stack = await stackWith({ storageMode: "mongo", keepUris: false }, places, secrets);
  if (cluster === undefined || (await hasServices(stack))) return show(stack);
  const up = makeCommand("up", places.stack);
  say(`stack ${places.stack.name} is new: \`${up}\` first installs worker and web on files, as`);
  say("shown here, and takes them to MongoDB then");
  await show(await stackWith({ storageMode: "filesystem", keepUris: false }, places, secrets));
}

import { say } from "../parts";
import { chosenDatabase, type Database, secretsFor, shownUri } from "./database";
import { makeFiles } from "./files";
import type { Places } from "./places";
import { stackWith, updateAndTell } from "./run";
import { embeddedServerOn, runningServer } from "./server";

/** The whole cutover of the dev stack, from nothing: server, files, update, summary. */
export async function up(places: Places): Promise<void> {
  const database = chosenDatabase(process.env, await runningServer(places));
  const server = await serverFor(database, places);
  await makeFiles(places);
  const change = { storageMode: "mongo", keepUris: false } as const;
  const stack = await stackWith(change, places, secretsFor(database));
  await updateAndTell(stack, { database: shownUri(database.uri), server });
}

async function serverFor(database: Database, places: Places): Promise<string | undefined> {
  if (database.kind === "named") {
    say(`MongoDB: ${shownUri(database.uri)}, which MONGODB_URI names`);
    return undefined;
  }
  const { name, pid } = await embeddedServerOn(database.port, places);
  const server = `${name}, process ${pid}`;
  say(`MongoDB: ${shownUri(database.uri)} (${server})`);
  return server;
}

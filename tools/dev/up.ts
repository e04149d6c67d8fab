import { say } from "../parts";
import { chooseDatabase, type Database, secretsFor, hidePassword } from "./database";
import { makeFiles } from "./files";
import { clusterOf } from "./kubernetes";
import type { Places } from "./places";
import { hasServices, stackWith, updateAndTell } from "./run";
import { embeddedServerOn, runningServer } from "./server";
import { type Stack, update } from "./stack";

/** The whole cutover of a stack of this machine, from nothing: servers, files, update, summary. */
export async function up(places: Places): Promise<void> {
  const database = chooseDatabase(process.env, places.stack, await runningServer(places));
  const server = await serverFor(database, places);
  const cluster = await clusterOf(places);
  await makeFiles(places);
  const secrets = secretsFor(database, places.stack);
  const stackIn = (storageMode: "mongo" | "filesystem") =>
    stackWith({ storageMode, keepUris: false }, places, secrets);
  if (cluster !== undefined) await installServices(places, () => stackIn("filesystem"));
  const stack = await stackIn("mongo");
  await updateAndTell(stack, { database: hidePassword(database.uri), server, cluster });
}

/** Brings a new stack to where an environment is before its cutover. */
async function installServices({ stack }: Places, onFiles: () => Promise<Stack>): Promise<void> {
  const opened = await onFiles();
  if (await hasServices(opened)) return;
  say(`stack ${stack.name} is new: first worker and web are installed, and work on files`);
  await update(opened);
  say(`stack ${stack.name}: now the cutover of worker and web to MongoDB`);
}

async function serverFor(database: Database, places: Places): Promise<string | undefined> {
  if (database.kind === "named") {
    say(`MongoDB: ${hidePassword(database.uri)}, which MONGODB_URI names`);
    return undefined;
  }
  const { name, pid } = await embeddedServerOn(database.port, places);
  const server = `${name}, process ${pid}`;
  say(`MongoDB: ${hidePassword(database.uri)} (${server})`);
  return server;
}

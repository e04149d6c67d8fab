import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { generateSample } from "../sample";
import { type ControlPlane, say, stopControlPlane } from "../parts";
import { chooseDatabase, type Database, hidePassword, secretsFor } from "./database";
import { clusterOf } from "./kubernetes";
import { DevError, makeCommand, type DevPaths, showPath, stacks } from "./places";
import { hasRealNode, playedServices, prepareServices, untilRunsEnd } from "./real-node";
import { hasServices, stackWith, updateAndTell } from "./run";
import { embeddedServerOn, requirePort, runningServer, stopServer } from "./server";
import { openStack, preview as show, type Stack, updateStack } from "./stack";

/** Runs a whole cutover on this machine, from nothing: servers, files, update, summary. */
export async function runUp(places: DevPaths): Promise<void> {
  const { site, server, stackIn } = await startStack(places);
  const { database, cluster, isReal } = site;
  if (cluster !== undefined) {
    // A new stack first gets to the state of an environment before its cutover.
    const onFiles = await stackIn("filesystem");
    if (!(await hasServices(onFiles))) {
      await installServices(onFiles, isReal);
      say(`stack ${places.stack.name}: now the cutover of worker and web to MongoDB`);
    }
  }
  const stack = await stackIn("mongo");
  await updateAndTell(stack, { database: hidePassword(database.uri), server, cluster, isReal });
}

/** Starts the servers, and on a new stack installs worker and web on files. It changes no mode. */
export async function start(places: DevPaths): Promise<void> {
  const { site, stackIn } = await startStack(places);
  // Opened as it is: its settings keep the mode.
  if (site.cluster === undefined || (await hasServices(await openStack(places)))) return;
  await installServices(await stackIn("filesystem"), site.isReal);
}

async function installServices(onFiles: Stack, isReal: boolean): Promise<void> {
  const { places } = onFiles;
  say(`stack ${places.stack.name} is new: first worker and web are installed, and work on files`);
  await updateStack(onFiles);
  if (isReal) await untilRunsEnd(places, 20);
}

/** Starts the servers, writes the files, and returns what opens the stack in a mode. */
async function startStack(places: DevPaths) {
  // Before anything starts: a Kubernetes takes a while.
  const planned = chooseDatabase(process.env, places.stack, await runningServer(places));
  if (planned.kind === "embedded") await requirePort(planned.port, places);
  const site = await siteOf(places);
  const server = await serverFor(site.database, places);
  await makeFiles(site, places);
  const secrets = secretsFor(site.database, places.stack);
  const values = valuesOf(site, places);
  const stackIn = (storageMode: "mongo" | "filesystem") =>
    stackWith({ storageMode, keepUris: false, values }, places, secrets);
  return { site, server, stackIn };
}

/**
 * Shows what `up` would change. It starts the stack's Kubernetes, but no MongoDB, whose figures the preview then
 * lacks.
 */
export async function runPreview(places: DevPaths): Promise<void> {
  const site = await siteOf(places);
  const { database, cluster } = site;
  await makeFiles(site, places);
  const secrets = secretsFor(database, places.stack);
  const asked = { keepUris: false, values: valuesOf(site, places) };
  const stack = await stackWith({ storageMode: "mongo", ...asked }, places, secrets);
  if (cluster === undefined || (await hasServices(stack))) return show(stack, database.uri);
  const up = makeCommand("up", places.stack);
  say(`stack ${places.stack.name} is new: \`${up}\` first installs worker and web on files, as`);
  say("shown here, and takes them to MongoDB then");
  await show(
    await stackWith({ storageMode: "filesystem", ...asked }, places, secrets),
    database.uri,
  );
}

/** Puts worker and web back on files, without MongoDB. */
export async function rollBackStack(places: DevPaths): Promise<void> {
  if (!existsSync(places.settings)) {
    const up = makeCommand("up", places.stack);
    throw new DevError(
      `there is nothing to roll back: \`${up}\` makes the ${places.stack.name} stack`,
    );
  }
  const site = await siteOf(places);
  const { cluster, isReal } = site;
  const asked = { keepUris: true, values: valuesOf(site, places) };
  const stack = await stackWith({ storageMode: "filesystem", ...asked }, places);
  await updateAndTell(stack, { cluster, isReal });
}

/** Stops what `up` started; keeps the data. */
export async function down(places: DevPaths): Promise<void> {
  const cluster = await stopControlPlane(places.cluster);
  if (cluster)
    console.log(`stopped Kubernetes; its data stay in ${showPath(places, places.cluster)}`);
  const server = await stopServer(places);
  if (server !== undefined) {
    const data = showPath(places, places.mongoData);
    console.log(`stopped ${server.name} (process ${server.pid}); its data stay in ${data}`);
  }
  if (!cluster && server === undefined) {
    console.log(`nothing runs that \`${makeCommand("up", places.stack)}\` started`);
  }
}

/**
 * Stops what `up` started and deletes what it created. The cache of tools and the folders of other stacks stay.
 */
export async function clean(places: DevPaths): Promise<void> {
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

/** Where a command works: its database, which need not run, and its Kubernetes. */
interface Site {
  readonly database: Database;
  readonly cluster: ControlPlane | undefined;
  /** Whether its pods run on a real node. */
  readonly isReal: boolean;
}

async function siteOf(places: DevPaths): Promise<Site> {
  const isReal = await hasRealNode(places, process.env);
  const cluster = await clusterOf(places, isReal ? () => playedServices(places) : undefined);
  const login = isReal && cluster ? await prepareServices(places, cluster) : undefined;
  const running = await runningServer(places);
  return { database: chooseDatabase(process.env, places.stack, running, login), cluster, isReal };
}

function valuesOf({ isReal }: Site, places: DevPaths) {
  if (!isReal) return undefined;
  const file = (service: string) =>
    showPath(places, join(places.rollout, `${service}.values.yaml`));
  return { worker: file("worker"), web: file("web") };
}

async function serverFor(database: Database, places: DevPaths): Promise<string | undefined> {
  if (database.kind === "named") {
    say(`MongoDB: ${hidePassword(database.uri)}, which MONGODB_URI names`);
    return undefined;
  }
  const { name, pid } = await embeddedServerOn(database.port, places, database.logins);
  const server = `${name}, process ${pid}`;
  say(`MongoDB: ${hidePassword(database.uri)} (${server})`);
  return server;
}

async function makeFiles({ isReal }: Site, places: DevPaths): Promise<void> {
  // The services of a real node write their own.
  if (isReal) return;
  if (!existsSync(places.state)) {
    say(`sample: writing a filesystem state to ${showPath(places, places.state)}`);
    await generateSample(places.state);
  }
  if (places.stack.kubernetes) return;
  await mkdir(places.rollout, { recursive: true });
  for (const file of ["worker.values.yaml", "web.values.yaml"]) {
    const to = join(places.rollout, file);
    if (existsSync(to)) continue;
    await copyFile(join(places.repository, "tools", "sample", "rollout", file), to);
  }
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import type { RoomSettings } from "./plugin/room";
import type { PluginProperties } from "./plugin/values";

/**
 * Roles and users of Atlas are really made on the server that stands for every cluster, by whoever plays
 * Atlas: the plugin, or the Admin API.
 */

const repository = join(__dirname, "../..");

/** An action of a custom role on one collection, such as `COLL_MOD`. */
export interface Privilege {
  readonly action: string;
  readonly db: string;
  readonly collection: string;
}

export function createRole(
  admin: string,
  createRole: string,
  privileges: readonly Privilege[],
): Promise<void> {
  const asServer = privileges.map(({ action, db, collection }) => {
    const name = action.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return { resource: { db, collection }, actions: [name] };
  });
  return command(admin, { createRole, privileges: asServer, roles: [] });
}

/** A role of a user, as Atlas has it. */
export interface AtlasUserRole {
  readonly roleName: string;
  readonly databaseName: string;
}

/** Creates a user after a while, as Atlas does, also if this process has ended by then. */
export function createUser(
  { admin, admission }: RoomSettings,
  user: {
    readonly username: string;
    readonly password: string;
    readonly roles: readonly AtlasUserRole[];
  },
): void {
  const { username, password, roles } = user;
  const granted = roles.map(({ roleName, databaseName }) => ({ role: roleName, db: databaseName }));
  const file = admission?.user === username ? admission.file : undefined;
  later(file, admin, { createUser: username, pwd: password, roles: granted });
}

/** Deletes a role or a user; one that is not there counts as deleted. */
export function drop(admin: string, what: "Role" | "User", name: string): Promise<void> {
  return command(admin, { [`drop${what}`]: name });
}

/** The server's own error for a role or user that is not there counts as done. */
const notFound = [11, 31];

async function command(admin: string, asked: PluginProperties): Promise<void> {
  const client = await new MongoClient(admin).connect();
  try {
    await client.db("admin").command({ ...asked });
  } catch (error) {
    if (!notFound.includes((error as { readonly code?: number }).code ?? 0)) throw error;
  } finally {
    await client.close();
  }
}

/** Does a command after half a second, or once a file is there, also if the engine has ended this plugin by then. */
function later(file = "", admin: string, asked: PluginProperties): void {
  const program = `(async () => {
    const { existsSync } = require("node:fs");
    const { setTimeout: sleep } = require("node:timers/promises");
    const { MongoClient } = require("mongodb");
    const { FILE, ADMIN, COMMAND } = process.env;
    if (FILE === "") await sleep(500);
    for (let tries = 0; FILE !== "" && !existsSync(FILE) && tries < 3_000; tries += 1) await sleep(200);
    const client = await new MongoClient(ADMIN).connect();
    await client.db("admin").command(JSON.parse(COMMAND));
    await client.close();
  })()`;
  const env = { ...process.env, FILE: file, ADMIN: admin, COMMAND: JSON.stringify(asked) };
  const options = { cwd: repository, env, detached: true, stdio: "ignore" } as const;
  spawn(process.execPath, ["--eval", program], options).unref();
}

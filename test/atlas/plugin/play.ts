import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { noteEntry, type Call, type Room, type RoomSettings } from "./room";
import type { Properties } from "./values";

const repository = join(__dirname, "../../..");

/** What Atlas answers: the id, and the properties that are no inputs. */
interface Answer {
  readonly id: string;
  readonly computed: Properties;
}

type Play = (
  call: Call,
  inputs: Properties,
  settings: RoomSettings,
  room: Room,
) => Promise<Answer> | Answer;

/** Plays a call. Roles and users are really made on the server that stands for every cluster. */
export function played(
  call: Call,
  inputs: Properties,
  settings: RoomSettings,
  room: Room,
): Promise<Answer> | Answer {
  const play = plays[call.type];
  if (!play) throw new Error(`mongodbatlas ${call.type} is not played`);
  return play(call, inputs, settings, room);
}

/** The outputs of a type that are no inputs. */
export function computedKeys(type: string): readonly string[] {
  return type === "AdvancedCluster"
    ? ["clusterId", "connectionStrings", "mongoDbVersion", "paused"]
    : [];
}

const plays: Readonly<Record<string, Play>> = {
  Project: () => ({ id: "5f0000000000000000000001", computed: {} }),
  // Atlas knows an entry by its address alone: who deletes one deletes whatever is there now.
  ProjectIpAccessList: ({ method }, inputs, _settings, room) => {
    const { ipAddress, cidrBlock, comment = "" } = inputs as Readonly<Record<string, string>>;
    const id = ipAddress ?? cidrBlock ?? "";
    noteEntry(room, id, method === "delete" ? undefined : comment);
    return { id, computed: {} };
  },
  CloudBackupSchedule: ({ method }, _inputs, _settings, { backup }) => {
    if (method === "delete" && existsSync(backup) && readFileSync(backup, "utf8") === "false") {
      throw new Error("Atlas answers 400: the cluster has no backup");
    }
    return { id: "backup", computed: {} };
  },
  AdvancedCluster: ({ method }, inputs, settings, { backup }) => {
    if (method === "delete" && inputs.terminationProtectionEnabled === true) {
      throw new Error("Atlas answers 400: the cluster is protected from termination");
    }
    writeFileSync(backup, String(inputs.backupEnabled));
    return { id: "c1", computed: computedOf(inputs, settings) };
  },
  CustomDbRole: async ({ method }, inputs, { admin }) => {
    const { roleName, actions } = inputs as unknown as CustomRole;
    await onServer(admin, dropping("Role", roleName));
    if (method !== "delete") {
      const privileges = actions.flatMap(privilegesOf);
      await onServer(admin, { createRole: roleName, privileges, roles: [] });
    }
    return { id: roleName, computed: {} };
  },
  // Atlas answers before the cluster's members know the user.
  DatabaseUser: async ({ method }, inputs, { admin, userDelaySeconds = 3 }, { passwords }) => {
    const { username, password, roles } = inputs as unknown as DatabaseUser;
    await onServer(admin, dropping("User", username));
    if (method !== "delete") {
      const granted = roles.map(({ roleName, databaseName }) => ({
        role: roleName,
        db: databaseName,
      }));
      const command = { createUser: username, pwd: password, roles: granted };
      later(userDelaySeconds * 1000, admin, command);
      appendFileSync(passwords, `${username} ${password}\n`);
    }
    return { id: username, computed: {} };
  },
};

/** What Atlas says of a cluster beside what it was asked for. */
export function computedOf(inputs: Properties, settings: RoomSettings): Properties {
  const connectionStrings = connectionStringsOf(settings);
  const mongoDbVersion = `${String(inputs.mongoDbMajorVersion)}.4`;
  return { clusterId: "c1", connectionStrings, mongoDbVersion, paused: settings.paused ?? false };
}

interface CustomRole {
  readonly roleName: string;
  readonly actions: readonly {
    readonly action: string;
    readonly resources: readonly {
      readonly databaseName: string;
      readonly collectionName: string;
    }[];
  }[];
}

interface DatabaseUser {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly { readonly roleName: string; readonly databaseName: string }[];
}

/** `COLL_MOD` on its resources, as the server has it. */
function privilegesOf({ action, resources }: CustomRole["actions"][number]) {
  const name = action.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return resources.map(({ databaseName: db, collectionName: collection }) => ({
    resource: { db, collection },
    actions: [name],
  }));
}

/** Without DNS here, what would be an SRV address names the server's host itself. */
function connectionStringsOf({ host, privateEndpoints = [] }: RoomSettings): Properties {
  const address = `mongodb://${host}/`;
  return {
    standard: address,
    standardSrv: address,
    private: "",
    privateSrv: "",
    privateEndpoints: privateEndpoints.map((endpointId) => ({
      connectionString: address,
      srvConnectionString: address,
      srvShardOptimizedConnectionString: "",
      type: "MONGOD",
      endpoints: [{ endpointId, providerName: "AWS", region: "EU_CENTRAL_1" }],
    })),
  };
}

/** The server's own error for a role or user that is not there counts as done. */
const notFound = [11, 31];

function dropping(what: "Role" | "User", name: string): Properties {
  return { [`drop${what}`]: name };
}

/** Does a command after a while, also if the engine has ended this plugin by then. */
function later(delayMs: number, admin: string, command: Properties): void {
  const program = `setTimeout(async () => {
    const { MongoClient } = require("mongodb");
    const client = await new MongoClient(process.env.ADMIN).connect();
    await client.db("admin").command(JSON.parse(process.env.COMMAND));
    await client.close();
  }, ${delayMs})`;
  const env = { ...process.env, ADMIN: admin, COMMAND: JSON.stringify(command) };
  const options = { cwd: repository, env, detached: true, stdio: "ignore" } as const;
  spawn(process.execPath, ["--eval", program], options).unref();
}

async function onServer(admin: string, command: Properties): Promise<void> {
  const client = await new MongoClient(admin).connect();
  try {
    await client.db("admin").command({ ...command });
  } catch (error) {
    if (!notFound.includes((error as { readonly code?: number }).code ?? 0)) throw error;
  } finally {
    await client.close();
  }
}

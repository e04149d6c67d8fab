import { appendFileSync } from "node:fs";
import { takenSpecs, type ReplicationSpecs } from "../effective";
import { createRole, createUser, drop, type AtlasUserRole } from "../on-server";
import { optional, ownInputs } from "./changes";
import { note, notesIn, type Call, type Room, type RoomSettings } from "./room";
import type { PluginProperties } from "./values";

/** What Atlas answers: the id, and the properties that are no inputs. */
interface Answer {
  readonly id: string;
  readonly computed: PluginProperties;
}

type Play = (
  call: Call,
  inputs: PluginProperties,
  settings: RoomSettings,
  room: Room,
) => Promise<Answer> | Answer;

/** Plays a call. Roles and users are really made on the server that stands for every cluster. */
export function played(
  call: Call,
  inputs: PluginProperties,
  settings: RoomSettings,
  room: Room,
): Promise<Answer> | Answer {
  const play = plays[call.type];
  if (!play) throw new Error(`mongodbatlas ${call.type} is not played`);
  return play(call, inputs, settings, room);
}

/** An answer of Atlas' that is an error, with its code. */
function refuse(status: number, { method, type, name }: Call, code: string): never {
  throw new Error(`Atlas answers ${status} to ${method} ${type} ${name}: ${code}`);
}

/** An entry by its address: Atlas has a range of one address as that address. */
export function entryOf({ ipAddress, cidrBlock }: PluginProperties): string {
  return String(ipAddress ?? cidrBlock).replace(/\/32$/, "");
}

const plays: Readonly<Record<string, Play>> = {
  // Atlas knows an entry by its address: who creates one again changes it, and who deletes one deletes
  // whatever is there now.
  ProjectIpAccessList: (call, inputs, _settings, { accessList }) => {
    const { comment = "" } = inputs as { readonly comment?: string };
    if (comment.length > 80) refuse(400, call, "the comment has more than 80 characters");
    note(accessList, entryOf(inputs), call.method === "delete" ? undefined : comment);
    return { id: entryOf(inputs), computed: {} };
  },
  AdvancedCluster: (call, inputs, settings, room) => {
    const live = room.cluster();
    if (call.method === "create" && live) refuse(400, call, "DUPLICATE_CLUSTER_NAME");
    if (call.method === "delete" && live?.terminationProtectionEnabled === true) {
      refuse(400, call, "the cluster is protected from termination");
    }
    const sent = Object.fromEntries(
      Object.entries(inputs).filter(([key]) => !ownInputs.includes(key)),
    );
    const kept = Object.entries(live ?? {}).filter(([key]) => !optional.includes(key));
    const [before = [], asked = []] = [live, sent].map(
      (cluster) => cluster?.replicationSpecs as ReplicationSpecs<Scaled> | undefined,
    );
    // With effective fields the plugin notes what was asked for, also a size that Atlas ignores.
    const taken = inputs.useEffectiveFields ? takenSpecs(before, asked, scalingOf) : asked;
    const specs = merged(before, taken);
    room.setCluster({ ...Object.fromEntries(kept), ...sent, replicationSpecs: specs });
    const printed = inputs.useEffectiveFields ? asked : specs;
    return {
      id: "missing ID",
      computed: { ...computedOf(inputs, settings), replicationSpecs: printed },
    };
  },
  CustomDbRole: async (call, inputs, { admin }, { users, roles }) => {
    const { roleName, actions } = inputs as unknown as CustomRole;
    if (call.method === "delete") {
      const isUsed = [...notesIn(users).values()].some((roles) => roles.includes(`"${roleName}"`));
      if (isUsed) refuse(409, call, "a user has this role");
    }
    if (call.method === "create" && notesIn(roles).has(roleName)) {
      refuse(409, call, "a role of this name exists");
    }
    if (call.method !== "create") await drop(admin, "Role", roleName);
    note(roles, roleName, call.method === "delete" ? undefined : "");
    if (call.method !== "delete") await createRole(admin, roleName, actions.flatMap(privilegesOf));
    return { id: roleName, computed: {} };
  },
  // Atlas answers before the cluster's members know the user.
  DatabaseUser: async (call, inputs, settings, { passwords, users }) => {
    const user = inputs as unknown as DatabaseUser;
    const { username, password, roles } = user;
    if (call.method === "create" && notesIn(users).has(username)) {
      refuse(409, call, "USER_ALREADY_EXISTS");
    }
    if (call.method !== "create") await drop(settings.admin, "User", username);
    note(users, username, call.method === "delete" ? undefined : JSON.stringify(roles));
    if (call.method !== "delete") {
      createUser(settings, user);
      appendFileSync(passwords, `${username} ${password}\n`);
    }
    return { id: username, computed: {} };
  },
};

type Scaled = PluginProperties & {
  readonly autoScaling?: { readonly diskGbEnabled?: boolean; readonly computeEnabled?: boolean };
  readonly electableSpecs: PluginProperties;
};

const scalingOf = ({ autoScaling }: Scaled) => [
  autoScaling?.diskGbEnabled === true,
  autoScaling?.computeEnabled === true,
];

/** What Atlas has after a change: what nobody asks for stays, such as nodes for analytics. */
function merged(live: unknown, asked: unknown): unknown {
  if (Array.isArray(asked)) {
    const members = Array.isArray(live) ? live : [];
    return asked.map((one, at) => merged(members[at], one));
  }
  if (typeof asked !== "object" || asked === null) return asked;
  const known = (live ?? {}) as PluginProperties;
  const all = Object.entries(asked).map(([key, one]) => [key, merged(known[key], one)] as const);
  return { ...known, ...Object.fromEntries(all) };
}

/** What Atlas says of a cluster beside what it was asked for. */
export function computedOf(inputs: PluginProperties, settings: RoomSettings): PluginProperties {
  const connectionStrings = connectionStringsOf(settings);
  const mongoDbVersion = `${String(inputs.mongoDbMajorVersion)}.4`;
  return { clusterId: "c1", connectionStrings, mongoDbVersion };
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
  readonly roles: readonly AtlasUserRole[];
}

/** An action on its resources, as a role on the server is asked for. */
function privilegesOf({ action, resources }: CustomRole["actions"][number]) {
  return resources.map(({ databaseName: db, collectionName: collection }) => {
    return { action, db, collection };
  });
}

/** Without DNS here, what would be an SRV address names the server's host itself. */
export function connectionStringsOf({
  host,
  privateEndpoints = [],
}: RoomSettings): PluginProperties {
  const address = `mongodb://${host}/`;
  return {
    standard: address,
    standardSrv: address,
    private: "",
    privateSrv: "",
    // Without any, Atlas' answer has no such key.
    ...(privateEndpoints.length > 0 && {
      privateEndpoints: privateEndpoints.map((endpointId) => ({
        connectionString: address,
        srvConnectionString: address,
        srvShardOptimizedConnectionString: "",
        type: "MONGOD",
        endpoints: [{ endpointId, providerName: "AWS", region: "EU_CENTRAL_1" }],
      })),
    }),
  };
}

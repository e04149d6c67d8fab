import { createRole, createUser, type AtlasUserRole } from "../on-server";
import { connectionStringsOf, entryOf } from "../plugin/play";
import type { RoomSettings } from "../plugin/room";
import type { PluginProperties } from "../plugin/values";
import { answered, addCluster, idOf, takenOf, type PlayedCluster } from "./clusters";

/** A request to a project, as its route takes it apart. */
export interface Asked {
  readonly project: Project;
  /** The last name in the path, such as that of a cluster. */
  readonly name: string;
  readonly body: PluginProperties;
  /** Whether it is about sizes as they were set, beside those that Atlas scaled to. */
  readonly isEffective: boolean;
  readonly settings: RoomSettings;
}

/** A cluster with what belongs to it. */
export interface LiveCluster {
  /** What runs. */
  cluster: PlayedCluster;
  /** The specification as the last change asked for it. */
  asked: PlayedCluster["replicationSpecs"];
  processArgs: PluginProperties;
  /** For how many looks its creation still lasts. */
  looks: number;
}

interface Role {
  readonly roleName: string;
  readonly actions: readonly {
    readonly action: string;
    readonly resources: readonly { readonly db: string; readonly collection: string }[];
  }[];
}

interface User {
  readonly username: string;
  readonly roles: readonly AtlasUserRole[];
}

/** A project with all that is in it. */
export interface Project {
  readonly info: PluginProperties & { readonly id: string };
  settings: PluginProperties;
  readonly clusters: Map<string, LiveCluster>;
  /** The entries by address; one of a single address without `/32`. */
  readonly accessList: Map<string, PluginProperties>;
  readonly roles: Map<string, Role>;
  readonly users: Map<string, User>;
  /** The password of every user that was made, by name. */
  readonly passwords: Map<string, string>;
}

export function newProject(info: PluginProperties): Project {
  const switches = [
    "CollectDatabaseSpecificsStatistics",
    "DataExplorer",
    "ExtendedStorageSizes",
    "PerformanceAdvisor",
    "RealtimePerformancePanel",
    "SchemaAdvisor",
  ];
  const id = idOf(String(info.name));
  return {
    info: { id, created: "2026-01-01T00:00:00Z", clusterCount: 0, ...info },
    settings: Object.fromEntries(switches.map((one) => [`is${one}Enabled`, true])),
    clusters: new Map(),
    accessList: new Map(),
    roles: new Map(),
    users: new Map(),
    passwords: new Map(),
  };
}

/** A cluster that is there. */
export function newLiveCluster(cluster: PlayedCluster, projectId: string, looks = 0): LiveCluster {
  const processArgs = { minimumEnabledTlsProtocol: "TLS1_2", javascriptEnabled: true };
  const { replicationSpecs: asked } = cluster;
  return { cluster: addCluster(cluster, projectId), asked, processArgs, looks };
}

/** An answer of Atlas' that is an error, with its code. */
export class ApiRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

function known<One>(map: ReadonlyMap<string, One>, name: string, code: string): One {
  const one = map.get(name);
  if (one === undefined) throw new ApiRefusal(404, code);
  return one;
}

const liveOf = ({ project, name }: Asked) => known(project.clusters, name, "CLUSTER_NOT_FOUND");
const paged = (results: readonly unknown[]) => ({ results, totalCount: results.length });

function clusterAnswer({ settings, isEffective }: Asked, live: LiveCluster, state = "IDLE") {
  const stateName = live.looks > 0 ? "CREATING" : state;
  const connectionStrings = live.looks > 0 ? {} : connectionStringsOf(settings);
  const cluster = answered(live.cluster, isEffective ? live.asked : undefined);
  return { ...cluster, stateName, connectionStrings };
}

/** Writes an entry over one of the same address, as Atlas does. */
export function allow({ accessList, info }: Project, asked: PluginProperties): void {
  const { comment = "" } = asked as { readonly comment?: string };
  if (comment.length > 80) throw new ApiRefusal(400, "COMMENT_TOO_LONG");
  const entry = entryOf(asked);
  const isRange = entry.includes("/");
  const address = isRange ? { cidrBlock: entry } : { ipAddress: entry, cidrBlock: `${entry}/32` };
  accessList.set(entry, { groupId: info.id, ...address, comment });
}

/** What a request to a project is answered, by its method and its path below the project. */
export const routes: Readonly<Record<string, (asked: Asked) => unknown>> = {
  "GET /": ({ project }) => project.info,
  "GET /settings": ({ project }) => project.settings,
  "PATCH /settings": ({ project, body }) => (project.settings = { ...project.settings, ...body }),
  "GET /teams": () => paged([]),
  "GET /limits": () => [],
  "GET /managedSlowMs": () => true,
  "GET /ipAddresses": ({ project }) => ({ groupId: project.info.id, services: { clusters: [] } }),
  "GET /containers": ({ project }) => paged(containersOf(project)),
  "POST /clusters": (asked) => {
    const cluster = asked.body as PlayedCluster;
    const { clusters, info } = asked.project;
    if (clusters.has(cluster.name)) throw new ApiRefusal(400, "DUPLICATE_CLUSTER_NAME");
    const live = newLiveCluster(cluster, info.id, 1);
    clusters.set(cluster.name, live);
    return clusterAnswer(asked, live);
  },
  "GET /clusters/:name": (asked) => {
    const live = liveOf(asked);
    const answer = clusterAnswer(asked, live);
    live.looks = Math.max(0, live.looks - 1);
    return answer;
  },
  "PATCH /clusters/:name": (asked) => {
    const live = liveOf(asked);
    if (live.cluster.paused === true) throw new ApiRefusal(409, "CANNOT_UPDATE_PAUSED_CLUSTER");
    const wanted = { ...live.cluster, replicationSpecs: live.asked, ...asked.body };
    live.asked = wanted.replicationSpecs;
    live.cluster = asked.isEffective ? takenOf(live.cluster, wanted) : wanted;
    return clusterAnswer(asked, live, "UPDATING");
  },
  "DELETE /clusters/:name": (asked) => {
    const { cluster } = liveOf(asked);
    if (cluster.terminationProtectionEnabled) throw new ApiRefusal(400, "CANNOT_TERMINATE_CLUSTER");
    asked.project.clusters.delete(cluster.name);
    return {};
  },
  "GET /clusters/:name/processArgs": (asked) => liveOf(asked).processArgs,
  "PATCH /clusters/:name/processArgs": (asked) => {
    const live = liveOf(asked);
    return (live.processArgs = { ...live.processArgs, ...asked.body });
  },
  "GET /accessList": ({ project }) => paged([...project.accessList.values()]),
  "POST /accessList": ({ project, body }) => {
    for (const one of body as unknown as readonly PluginProperties[]) allow(project, one);
    return paged([...project.accessList.values()]);
  },
  "GET /accessList/:name": ({ project, name }) =>
    known(project.accessList, name.replace(/\/32$/, ""), "ATLAS_ACCESS_LIST_NOT_FOUND"),
  "POST /customDBRoles/roles": async ({ project: { roles }, body, settings }) => {
    const role = body as unknown as Role;
    if (roles.has(role.roleName)) throw new ApiRefusal(409, "DUPLICATE_ROLE_NAME");
    const privileges = role.actions.flatMap(({ action, resources }) =>
      resources.map((resource) => ({ action, ...resource })),
    );
    await createRole(settings.admin, role.roleName, privileges);
    roles.set(role.roleName, role);
    return role;
  },
  "GET /customDBRoles/roles/:name": ({ project, name }) =>
    known(project.roles, name, "ATLAS_CUSTOM_ROLE_NOT_FOUND"),
  // Atlas answers before the cluster's members know the user.
  "POST /databaseUsers": ({ project: { users, passwords }, body, settings }) => {
    const { password, ...user } = body as unknown as User & { readonly password: string };
    if (users.has(user.username)) throw new ApiRefusal(409, "USER_ALREADY_EXISTS");
    createUser(settings, { ...user, password });
    users.set(user.username, user);
    passwords.set(user.username, password);
    return user;
  },
  "GET /databaseUsers/admin/:name": ({ project, name }) =>
    known(project.users, name, "USER_NOT_FOUND"),
};

/** The networks of a project's clusters: Atlas has one for each region. */
function containersOf({ clusters }: Project) {
  const regions = [...clusters.values()].flatMap(({ cluster }) =>
    cluster.replicationSpecs.flatMap(({ regionConfigs }) => regionConfigs),
  );
  return regions.map(({ providerName, regionName }) => ({
    id: idOf("container"),
    providerName,
    regionName,
    region: regionName,
  }));
}

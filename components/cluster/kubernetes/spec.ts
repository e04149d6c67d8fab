import type { Document } from "mongodb";
import { applicationRole, migratorRole, type SchemaOptions } from "../../contract";
import type { ClusterSettingsOf } from "../../settings";
import { userDatabase } from "../login";

/** The two users of a database that the stack makes (decision 12). */
export type UserRole = "migrator" | "application";

/** The database that the two users work on, and the collections that services may touch. */
export interface Scope {
  readonly database: string;
  readonly collections: SchemaOptions["collections"];
}

/**
 * The spec of a `MongoDBCommunity` resource. Each user has one role, with the least that it needs.
 *
 * @param passwords the names of the Secrets that hold the users' passwords under `password`
 * @see https://github.com/mongodb/mongodb-kubernetes, the resource's definition
 */
export function mongoDBCommunitySpec<Name>(
  { resource, users, imagePullSecret }: ClusterSettingsOf<"kubernetes">,
  scope: Scope,
  passwords: Readonly<Record<UserRole, Name>>,
) {
  const { name, members, version } = resource;
  const roles = rolesOf(scope);
  const user = (role: UserRole) => ({
    name: users[role].name,
    db: userDatabase,
    passwordSecretRef: { name: passwords[role] },
    roles: [{ name: roles[role].role, db: scope.database }],
    scramCredentialsSecretName: `${name}-${users[role].name}`,
  });
  return {
    type: "ReplicaSet",
    members,
    version,
    security: {
      authentication: { modes: ["SCRAM"] },
      tls: tlsOf(resource.tls),
      roles: [roles.migrator, roles.application],
    },
    users: [user("migrator"), user("application")],
    statefulSet: { spec: statefulSet(resource, imagePullSecret) },
  };
}

type Resource = ClusterSettingsOf<"kubernetes">["resource"];

function tlsOf({ enabled, certificateSecret, caConfigMap }: Resource["tls"]): object {
  if (!enabled) return { enabled };
  return {
    enabled,
    certificateKeySecretRef: { name: certificateSecret },
    caConfigMapRef: { name: caConfigMap },
  };
}

function rolesOf({ database, collections }: Scope) {
  const role = ({ createRole, ...others }: Document) => ({
    role: createRole as string,
    db: database,
    ...others,
  });
  return {
    migrator: role(migratorRole(database)),
    application: role(applicationRole(database, { collections })),
  };
}

/** The operator's names for the containers of a member. */
const containers = {
  mongod: "mongod",
  agent: "mongodb-agent",
  versionUpgradeHook: "mongod-posthook",
  readinessProbe: "mongodb-agent-readinessprobe",
} as const;

/**
 * What the operator lays over the StatefulSet that it makes: lists are merged by the names in them.
 */
function statefulSet(resource: Resource, imagePullSecret: string | undefined): object {
  const { storage, podAnnotations } = resource;
  return {
    volumeClaimTemplates: [
      claim("data-volume", storage.size, storage.class),
      claim("logs-volume", storage.logsSize, storage.class),
    ],
    template: {
      ...(Object.keys(podAnnotations).length > 0 && { metadata: { annotations: podAnnotations } }),
      spec: {
        containers: [mongod(resource), ...withImage(resource, "agent")],
        initContainers: [
          ...withImage(resource, "versionUpgradeHook"),
          ...withImage(resource, "readinessProbe"),
        ],
        affinity: { podAntiAffinity: apart(resource.name) },
        ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
      },
    },
  };
}

function claim(name: string, storage: string, storageClass: string | undefined): object {
  return {
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
  };
}

function mongod(resource: Resource): object {
  const [own = { name: containers.mongod }] = withImage(resource, "mongod");
  const { requests, limits } = resource.resources ?? {};
  const amounts = { ...(requests && { requests }), ...(limits && { limits }) };
  return { ...own, ...(resource.resources && { resources: amounts }) };
}

function withImage({ images }: Resource, which: keyof typeof containers) {
  const image = images[which];
  return image === undefined ? [] : [{ name: containers[which], image }];
}

/** Members on one node fall together, and then nothing has a majority. */
function apart(name: string): object {
  const labelSelector = { matchLabels: { app: `${name}-svc` } };
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

import type { Document } from "mongodb";
import { applicationRole, migratorRole, type SchemaOptions } from "../../contract";
import type { ClusterSettingsOf } from "../../settings";
import { mergeObjects } from "../../step/jobs";
import { userDatabase } from "../login";

/** The two users of a database that the stack makes (decision 12). */
export type UserRole = "migrator" | "application";

/** The database that the two users work on, and the collections that services may touch. */
export interface Scope {
  readonly database: string;
  readonly collections: SchemaOptions["collections"];
}

/**
 * The spec of a `MongoDBCommunity` resource. Each user has one role, with the least that it needs. The
 * settings' overrides are merged into it.
 *
 * @param passwords the names of the Secrets that hold the users' passwords under `password`
 * @see https://github.com/mongodb/mongodb-kubernetes, the resource's definition
 */
export function mongoDBCommunitySpec<Name>(
  { resource, users, imagePullSecret, overrides }: ClusterSettingsOf<"kubernetes">,
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
  const spec = {
    type: "ReplicaSet",
    members,
    version,
    security: {
      authentication: { modes: ["SCRAM"] },
      tls: tlsOf(resource.tls),
      roles: [roles.migrator, roles.application],
    },
    users: [user("migrator"), user("application")],
    // The operator lays it over the StatefulSet that it makes, lists by the names in them.
    statefulSet: { spec: { template: { spec: podSpec(resource, imagePullSecret) } } },
  };
  return mergeObjects(spec, overrides) as typeof spec;
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

function podSpec({ name, resources }: Resource, imagePullSecret: string | undefined): object {
  const { requests, limits } = resources ?? {};
  const amounts = { ...(requests && { requests }), ...(limits && { limits }) };
  return {
    ...(resources && { containers: [{ name: "mongod", resources: amounts }] }),
    affinity: { podAntiAffinity: apart(name) },
    ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
  };
}

/** Members on one node fall together, and then nothing has a majority. */
function apart(name: string): object {
  const labelSelector = { matchLabels: { app: `${name}-svc` } };
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

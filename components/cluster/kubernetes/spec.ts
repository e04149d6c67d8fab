import type { Document } from "mongodb";
import { applicationRole, migratorRole, type SchemaOptions } from "../../contract";
import type { ClusterSettingsOf } from "../../settings";
import { userDatabase } from "../login";
import { statefulSet } from "./stateful-set";

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

type Tls = ClusterSettingsOf<"kubernetes">["resource"]["tls"];

function tlsOf({ enabled, certificateSecret, caConfigMap }: Tls): object {
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

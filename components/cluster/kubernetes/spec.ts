import {
  applicationRole,
  migratorRole,
  type DatabaseRole,
  type ServiceCollections,
} from "../../contract";
import type { ClusterSettingsOf } from "../../settings";
import { mergeObjects } from "../../step/jobs";
import { userDatabase } from "../login";

/** The two users that the stack creates. */
export type UserRole = "migrator" | "application";

/**
 * The spec of a `MongoDBCommunity`, with one role of least privileges per user, and the settings' overrides on
 * top.
 *
 * @param scope the users' database and the collections that services may touch
 * @param passwords the names of the Secrets that hold the users' passwords under the key `password`
 * @see https://github.com/mongodb/mongodb-kubernetes, the resource's definition
 */
export function mongoDBCommunitySpec<Name>(
  { resource, users, imagePullSecret, overrides }: ClusterSettingsOf<"kubernetes">,
  scope: ServiceCollections & { readonly database: string },
  passwords: Readonly<Record<UserRole, Name>>,
) {
  const { name, members, version, tls, resources } = resource;
  // Members on one node would fail together and lose the majority.
  const labelSelector = { matchLabels: { app: `${name}-svc` } };
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector };
  const spread = [{ weight: 100, podAffinityTerm }];
  const podSpec = {
    ...(resources && { containers: [{ name: "mongod", resources }] }),
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: spread } },
    ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
  };
  const { database } = scope;
  const role = ({ createRole, ...others }: DatabaseRole) => {
    return { role: createRole, db: database, ...others };
  };
  const roles = {
    migrator: role(migratorRole(database)),
    application: role(applicationRole(database, scope)),
  };
  const user = (whose: UserRole) => ({
    name: users[whose].name,
    db: userDatabase,
    passwordSecretRef: { name: passwords[whose] },
    roles: [{ name: roles[whose].role, db: database }],
    scramCredentialsSecretName: `${name}-${users[whose].name}`,
  });
  const spec = {
    type: "ReplicaSet",
    members,
    version,
    security: {
      authentication: { modes: ["SCRAM"] },
      tls: {
        enabled: tls.enabled,
        ...(tls.enabled && {
          certificateKeySecretRef: { name: tls.certificateSecret },
          caConfigMapRef: { name: tls.caConfigMap },
        }),
      },
      roles: [roles.migrator, roles.application],
    },
    users: [user("migrator"), user("application")],
    // The operator merges this into its StatefulSet and matches the items of lists by name.
    statefulSet: { spec: { template: { spec: podSpec } } },
  };
  return mergeObjects(spec, overrides) as typeof spec;
}

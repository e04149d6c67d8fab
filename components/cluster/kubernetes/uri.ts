import { withLogin, type Login } from "../login";

/** A replica set, by what its members' host names are made of. */
export interface ReplicaSet {
  readonly name: string;
  readonly members: number;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly tls: boolean;
}

/**
 * A connection string, which is secret: the members by the names that the operator's headless service
 * gives them, which are known only inside the cluster.
 */
export function connectionString(
  { name, members, namespace, clusterDomain, tls }: ReplicaSet,
  login: Login,
): string {
  const hosts = Array.from(
    { length: members },
    (_, at) => `${name}-${at}.${name}-svc.${namespace}.svc.${clusterDomain}:27017`,
  );
  const options = { replicaSet: name, tls: String(tls) };
  return withLogin(`mongodb://${hosts.join(",")}/`, login, options);
}

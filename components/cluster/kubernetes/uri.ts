import { ConnectionString } from "mongodb-connection-string-url";
import { durableWrites, userDatabase, withLogin, type Credentials } from "../login";

/** A replica set, by what its members' host names are made of. */
export interface ReplicaSet {
  readonly name: string;
  readonly members: number;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly tls: boolean;
}

/** Who connects, to which database, under which name in the server's log; `password` is secret. */
export interface Login extends Credentials {
  readonly database: string;
  readonly appName: string;
}

/**
 * A connection string, which is secret: the members by the names that the operator's headless service
 * gives them, which are known only inside the cluster.
 */
export function connectionString(
  { name, members, namespace, clusterDomain, tls }: ReplicaSet,
  { database, appName, ...credentials }: Login,
): string {
  const hosts = Array.from(
    { length: members },
    (_, at) => `${name}-${at}.${name}-svc.${namespace}.svc.${clusterDomain}:27017`,
  );
  const uri = new ConnectionString(`mongodb://${hosts.join(",")}/${encodeURIComponent(database)}`);
  return withLogin(uri, credentials, {
    replicaSet: name,
    authSource: userDatabase,
    tls: String(tls),
    ...durableWrites,
    appName,
  });
}

import { ConnectionString } from "mongodb-connection-string-url";

/** A replica set, by what its members' host names are made of. */
export interface ReplicaSet {
  readonly name: string;
  readonly members: number;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly tls: boolean;
}

/** Who connects, to which database, under which name in the server's log; `password` is secret. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly appName: string;
}

/** The database in which the operator keeps users. */
export const userDatabase = "admin";

/**
 * A connection string, which is secret: the members by the names that the operator's headless service
 * gives them, which are known inside the cluster alone.
 */
export function connectionString(
  { name, members, namespace, clusterDomain, tls }: ReplicaSet,
  { user, password, database, appName }: Login,
): string {
  const hosts = Array.from(
    { length: members },
    (_, at) => `${name}-${at}.${name}-svc.${namespace}.svc.${clusterDomain}:27017`,
  );
  const uri = new ConnectionString(`mongodb://${hosts.join(",")}/${encodeURIComponent(database)}`);
  uri.username = encodeURIComponent(user);
  uri.password = encodeURIComponent(password);
  const options = {
    replicaSet: name,
    authSource: userDatabase,
    tls: String(tls),
    retryWrites: "true",
    w: "majority",
    appName,
  };
  for (const [key, value] of Object.entries(options)) uri.searchParams.set(key, value);
  return uri.toString();
}

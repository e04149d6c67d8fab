import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type { AtlasSettings } from "../../settings";
import { ProgramError } from "../../step/program";
import { withLogin, type Login } from "../login";

type Strings = mongodbatlas.types.output.AdvancedClusterConnectionStrings;

/**
 * The connection string of a user by the way that the settings name; secret.
 *
 * @throws ProgramError if the cluster has no such connection, with those that it has
 */
export function connectionString(
  strings: Strings,
  { connection }: Pick<AtlasSettings, "connection">,
  login: Login,
): string {
  if (connection === "standard") return withLogin(strings.standardSrv, login);
  // Atlas' answer has no such key if there are none, whatever the plugin's type says.
  const { privateEndpoints = [] } = strings as Partial<Strings>;
  const id = connection.replace("privateEndpoint:", "");
  const endpoint = privateEndpoints.find(({ endpoints }) =>
    endpoints.some(({ endpointId }) => endpointId === id),
  );
  const found = connection === "private" ? strings.privateSrv : endpoint?.srvConnectionString;
  if (found) return withLogin(found, login);
  const ids = privateEndpoints.flatMap(({ endpoints }) =>
    endpoints.map(({ endpointId }) => `privateEndpoint:${endpointId}`),
  );
  const known = ["standard", ...(strings.privateSrv ? ["private"] : []), ...ids].join(", ");
  throw new ProgramError(
    `The cluster has no connection string for cluster.connection: ${connection}; it has ${known}. ` +
      "Set one of these, or set up the network for it and run `pulumi up --refresh`.",
  );
}

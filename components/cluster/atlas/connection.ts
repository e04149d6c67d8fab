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
  return withLogin(address(strings, connection), login);
}

function address(strings: Strings, connection: string): string {
  if (connection === "standard") return strings.standardSrv;
  const found = connection === "private" ? strings.privateSrv : byEndpoint(strings, connection);
  if (found) return found;
  throw new ProgramError(
    `The cluster has no connection string for cluster.connection: ${connection}; it has ${waysIn(strings)}. ` +
      "Set one of these, or set up the network for it and run `pulumi up --refresh`.",
  );
}

/** Atlas' answer has no such key if there are none, whatever the plugin's type says. */
const endpointsOf = ({ privateEndpoints }: Partial<Strings>) => privateEndpoints ?? [];

function byEndpoint(strings: Strings, connection: string): string | undefined {
  const id = connection.replace("privateEndpoint:", "");
  const found = endpointsOf(strings).find(({ endpoints }) =>
    endpoints.some(({ endpointId }) => endpointId === id),
  );
  return found?.srvConnectionString;
}

function waysIn(strings: Strings): string {
  const ids = endpointsOf(strings).flatMap(({ endpoints }) =>
    endpoints.map(({ endpointId }) => `privateEndpoint:${endpointId}`),
  );
  return ["standard", ...(strings.privateSrv ? ["private"] : []), ...ids].join(", ");
}

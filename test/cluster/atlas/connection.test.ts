import { ConnectionString } from "mongodb-connection-string-url";
import { expect, it } from "vitest";
import { atlasConnectionString } from "../../../components/cluster/atlas/cluster";

const endpoint = (endpointId: string) => ({
  connectionString: "",
  srvConnectionString: `mongodb+srv://${endpointId}.mongodb.net`,
  srvShardOptimizedConnectionString: "",
  type: "MONGOD",
  endpoints: [{ endpointId, providerName: "AWS", region: "EU_CENTRAL_1" }],
});
const strings = {
  standard: "mongodb://a.mongodb.net:27017,b.mongodb.net:27017/?ssl=true",
  standardSrv: "mongodb+srv://taskrunner.mongodb.net",
  private: "",
  privateSrv: "mongodb+srv://taskrunner-pri.mongodb.net",
  privateEndpoints: [endpoint("vpce-1"), endpoint("vpce-2")],
};
const login = {
  username: "taskrunner-application-1",
  password: "pass-word_1",
  database: "task runner",
  appName: "taskrunner",
};
const hostOf = (connection: string) =>
  new ConnectionString(atlasConnectionString(strings, { connection }, login)).hosts[0];

it("has the user, the database and what makes writes safe", () => {
  const uri = atlasConnectionString(strings, { connection: "standard" }, login);

  expect(uri).toBe(
    "mongodb+srv://taskrunner-application-1:pass-word_1@taskrunner.mongodb.net/task%20runner" +
      "?authSource=admin&retryWrites=true&w=majority&appName=taskrunner",
  );
});

it.each([
  ["standard", "taskrunner.mongodb.net"],
  ["private", "taskrunner-pri.mongodb.net"],
  ["privateEndpoint:vpce-1", "vpce-1.mongodb.net"],
])("%s leads to %s", (connection, host) => {
  expect(hostOf(connection)).toBe(host);
});

it.each(["private", "privateEndpoint:vpce-1"])("names the only way in for %s", (connection) => {
  // Atlas' answer has no key of private endpoints if there are none.
  const none = { ...strings, privateSrv: "", privateEndpoints: undefined };
  const call = () =>
    atlasConnectionString(none as unknown as typeof strings, { connection }, login);
  expect(call).toThrow(`${connection}; it has standard. `);
});

it("names the ways in that there are where the one asked for is not", () => {
  expect(() => hostOf("privateEndpoint:vpce-3")).toThrow(
    "The cluster has no connection string for cluster.connection: privateEndpoint:vpce-3; it has standard, " +
      "private, privateEndpoint:vpce-1, privateEndpoint:vpce-2. Set one of these, or set up the " +
      "network for it and run `pulumi up --refresh`.",
  );
});

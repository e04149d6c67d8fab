import { MongoClient } from "mongodb";
import { expect, it } from "vitest";
import { operatorConnectionString } from "../../../components/cluster/kubernetes/cluster";

it("is what the driver reads as the members, the user and the options", async () => {
  const uri = operatorConnectionString(
    {
      name: "runs",
      members: 3,
      namespace: "data",
      clusterDomain: "site.test",
      tls: true,
    },
    { username: "schema", password: "pa/ss:w@rd", database: "taskrunner", appName: "storage" },
  );
  const client = new MongoClient(uri);

  expect(client.options.hosts.map(String)).toEqual([
    "runs-0.runs-svc.data.svc.site.test:27017",
    "runs-1.runs-svc.data.svc.site.test:27017",
    "runs-2.runs-svc.data.svc.site.test:27017",
  ]);
  expect(client.db().databaseName).toBe("taskrunner");
  expect(client.options).toMatchObject({
    credentials: { username: "schema", password: "pa/ss:w@rd", source: "admin" },
    replicaSet: "runs",
    tls: true,
    retryWrites: true,
    writeConcern: { w: "majority" },
    appName: "storage",
  });
  await client.close();
});

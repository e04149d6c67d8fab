import { expect, it } from "vitest";
import { clusterArgs } from "../../../components/cluster/atlas/cluster";
import { atlasActions, namesOf } from "../../../components/cluster/atlas/users";
import { applicationRole, migratorRole } from "../../../components/contract";
import { documentOptions } from "../../contract/options";
import { atlasSettings } from "./settings";

it("one region becomes one replication spec, with nothing that Atlas would delete by itself", () => {
  expect(clusterArgs(atlasSettings())).toEqual({
    name: "taskrunner",
    clusterType: "REPLICASET",
    mongoDbMajorVersion: "8.0",
    replicationSpecs: [
      {
        regionConfigs: [
          {
            providerName: "AWS",
            regionName: "EU_CENTRAL_1",
            priority: 7,
            electableSpecs: { instanceSize: "M10", nodeCount: 3 },
            autoScaling: { diskGbEnabled: true, computeEnabled: false },
          },
        ],
      },
    ],
    useEffectiveFields: false,
    backupEnabled: true,
    pitEnabled: true,
    retainBackupsEnabled: true,
    terminationProtectionEnabled: true,
    advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_2" },
    deleteOnCreateTimeout: false,
    timeouts: { create: "180m", update: "360m" },
  });
});

it("restores any moment unless backups are off or the settings say otherwise, and has its tags", () => {
  const tags = { team: "runs" };
  expect(clusterArgs(atlasSettings({ backup: { enabled: false }, tags }))).toMatchObject({
    pitEnabled: false,
    tags,
  });
  const backup = { pointInTime: false };
  expect(clusterArgs(atlasSettings({ backup }))).toMatchObject({ pitEnabled: false });
});

it("priorities go down in the settings' order", () => {
  const regions = [
    { name: "EU_CENTRAL_1", electable: 2 },
    { name: "EU_WEST_1", electable: 2 },
    { name: "EU_NORTH_1", electable: 1 },
  ];
  const [spec] = clusterArgs(atlasSettings({ regions })).replicationSpecs as {
    regionConfigs: { regionName: string; priority: number }[];
  }[];

  expect(spec?.regionConfigs.map(({ regionName, priority }) => [regionName, priority])).toEqual([
    ["EU_CENTRAL_1", 7],
    ["EU_WEST_1", 6],
    ["EU_NORTH_1", 5],
  ]);
});

it("sizes that Atlas scales are its own", () => {
  const autoScaling = { compute: { min: "M30", max: "M60" } };
  const args = clusterArgs(atlasSettings({ instanceSize: "M30", autoScaling }));
  const [one] = args.replicationSpecs as object[];

  expect(args).toMatchObject({ useEffectiveFields: true });
  expect(one).toMatchObject({
    regionConfigs: [
      {
        electableSpecs: { instanceSize: "M30", nodeCount: 3 },
        autoScaling: {
          diskGbEnabled: true,
          computeEnabled: true,
          computeScaleDownEnabled: true,
          computeMinInstanceSize: "M30",
          computeMaxInstanceSize: "M60",
        },
      },
    ],
  });
});

it("a role's privileges are by action in Atlas, under Atlas' names", () => {
  const database = "taskrunner";
  const migrator = atlasActions(migratorRole(database));

  expect(migrator.map(({ action }) => action)).toEqual([
    "CREATE_COLLECTION",
    "COLL_MOD",
    "CREATE_INDEX",
    "DROP_INDEX",
    "LIST_COLLECTIONS",
    "LIST_INDEXES",
    "FIND",
    "INSERT",
    "UPDATE",
  ]);
  expect(migrator[0]?.resources).toEqual([{ databaseName: database, collectionName: "" }]);
  expect(atlasActions(applicationRole(database, documentOptions))[3]).toEqual({
    action: "REMOVE",
    resources: Object.values(documentOptions.collections).map((collectionName) => ({
      databaseName: database,
      collectionName,
    })),
  });
});

it("the services have the same privileges on further collections, and only those", () => {
  const names = (more: object) => {
    const { privileges } = applicationRole("taskrunner", { ...documentOptions, ...more });
    expect(new Set(privileges.map(({ actions }) => actions.join())).size).toBe(1);
    return privileges.map(({ resource }) => resource.collection);
  };
  const four = Object.values(documentOptions.collections);
  expect(names({})).toEqual(four);
  expect(names({ extraCollections: ["a", "b"] })).toEqual([...four, "a", "b"]);
});

it("users and roles are named for their cluster and the version of the password", () => {
  expect(namesOf(atlasSettings({ name: "prod", passwordVersion: 3 }))).toEqual({
    migrator: "prod-migrator-3",
    application: "prod-application-3",
  });
});

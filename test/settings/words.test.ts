import { expect, it } from "vitest";
import { describeProblems } from "./problems";

const values = { target: "values", directory: "deploy", confirm: "none" };
const dev = { mongoUri: "mongodb://127.0.0.1:27017/taskrunner", rollout: values };
const remote = (user: string, options = "tls=true") =>
  `mongodb://${user}db.example.net/taskrunner?${options}`;
const mongoUri = remote("migrator:p@");
const jobs = { image: "registry.example.test/commands:1", namespace: "jobs" };
const onlyData = "another user, who can only read and write the collections";

it.each([
  ["mongoUri", "nothing", "a connection string, as a secret", { mongoUri: undefined }],
  [
    "mongoUri",
    "a string that is not a connection string",
    "mongodb[+srv]://host[:port]/database",
    { mongoUri: "mongo" },
  ],
  [
    "mongoUri",
    "a connection without TLS to another machine",
    "tls=true, or cluster.allowPlainText: true",
    { mongoUri: remote("migrator:p@", "w=majority"), appMongoUri: remote("services:p@") },
  ],
  [
    "mongo.database",
    "nothing, and mongoUri names none",
    "a name in either",
    { mongoUri: "mongodb://127.0.0.1" },
  ],
  [
    "mongo.database",
    '"a b"',
    'a database name of 1 to 63 bytes without / \\ . " $ * < > : | ? or a blank',
    { mongo: { database: "a b" } },
  ],
  ["appMongoUri", "nothing", "the services' connection string, as a secret", { mongoUri }],
  [
    "appMongoUri",
    "TLS that does not check certificates (tlsInsecure)",
    "TLS without that, or cluster.allowPlainText: true",
    { mongoUri, appMongoUri: remote("services:p@", "tls=true&tlsInsecure=true") },
  ],
  [
    "appMongoUri",
    "w=1 and readPreference=primary",
    "w=majority and readPreference=primary",
    { mongoUri, appMongoUri: remote("services:p@", "tls=true&w=1") },
  ],
  [
    "appMongoUri",
    "the same user as in mongoUri",
    onlyData,
    { mongoUri, appMongoUri: remote("migrator:p@") },
  ],
  [
    "appMongoUri",
    "no user, like mongoUri",
    onlyData,
    { mongoUri: remote(""), appMongoUri: remote("") },
  ],
  [
    "appMongoUri",
    'the database "other", and "taskrunner" in mongoUri',
    "the same database, or its name in mongo.database",
    { appMongoUri: "mongodb://127.0.0.1/other" },
  ],
  [
    "advanced.ledger",
    '"pack_runs"',
    "a name that differs from mongo.collections.runs",
    { advanced: { ledger: "pack_runs" } },
  ],
  [
    "mongo.database",
    "nothing, and Jobs cannot read the other stack's outputs",
    "the database's name",
    { mongoUri: undefined, cluster: { kind: "stackReference", stack: "a/b/c" }, jobs },
  ],
  [
    "mongoUri",
    "a connection string, and cluster.kind is stackReference",
    "absent: it is an output of stack a/b/c",
    { cluster: { kind: "stackReference", stack: "a/b/c" } },
  ],
  [
    "mongoUri",
    "authMechanism=MONGODB-AWS, and a section jobs",
    "a password, or in jobs.podTemplate.spec: nothing, because the image has no SDK of AWS",
    { mongoUri: remote("", "tls=true&authMechanism=MONGODB-AWS&authSource=$external"), jobs },
  ],
  [
    "jobs.namespace",
    "nothing, and rollout has none",
    "the namespace of the Jobs",
    { jobs: { image: jobs.image } },
  ],
  [
    "backfill.source.path",
    `"state", and a section jobs, whose Jobs cannot read this machine's files`,
    "persistentVolumeClaim instead of path",
    { jobs, backfill: { source: { path: "state" } } },
  ],
  [
    "backfill.source.persistentVolumeClaim",
    '"state", and no section jobs, although only pods can mount a claim',
    "path instead of persistentVolumeClaim, or a section jobs",
    { backfill: { source: { persistentVolumeClaim: "state" } } },
  ],
])("a problem of %s says what was found and what is allowed: %s", (key, found, allowed, own) => {
  expect(describeProblems({ ...dev, ...own }).split("\n")).toContain(
    `  taskrunner-storage:${key}: found ${found}; allowed: ${allowed}`,
  );
});

it("a password in plain text says how to make it a secret", () => {
  const settings = { ...dev, mongoUri: "mongodb://migrator:geheim@127.0.0.1/taskrunner" };
  expect(describeProblems(settings, ["mongoUri"])).toBe(
    "The settings are not valid; nothing was changed.\n" +
      "  taskrunner-storage:mongoUri: found a password in plain text; " +
      "allowed: a secret, set by: pulumi config set --secret mongoUri",
  );
});

import * as pulumi from "@pulumi/pulumi";
import { afterAll, expect, it } from "vitest";
import { settingsOf, type TaskRunnerStorageArgs } from "../../components/program";
import { ignoreRejections } from "../program/runtime";

// Only one of several outputs that reject is looked at.
const rejections = ignoreRejections();
afterAll(() => rejections.stop());

const args: TaskRunnerStorageArgs = {
  storageMode: "mongo",
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};
const known = (output: pulumi.Output<string> | undefined) =>
  new Promise((resolve, reject) => {
    const { promise } = output as unknown as { promise: () => Promise<string> };
    promise().then(resolve, reject);
  });

it("a connection string that is not known yet is checked with its value", async () => {
  const appMongoUri = "mongodb://web@db.example.net/taskrunner?tls=true";
  const { mongoUri, database } = settingsOf({
    ...args,
    mongoUri: pulumi.output("mongodb://migrator@db.example.net/taskrunner"),
    appMongoUri,
  });
  expect(database).toBeUndefined();
  await expect(known(mongoUri)).rejects.toThrow("mongoUri: found a connection without TLS");

  const uri = "mongodb://migrator@db.example.net/taskrunner?tls=true";
  const both = settingsOf({ ...args, mongoUri: Promise.resolve(uri), appMongoUri });
  expect(await known(both.mongoUri)).toBe(uri);
  expect(await known(both.appMongoUri)).toBe(appMongoUri);
});

it("the rules that need no value do not wait", () => {
  const later = { ...args, mongoUri: pulumi.output("mongodb://127.0.0.1/taskrunner") };
  const wrong = { ...later, mongo: { collections: { runs: "one", logs: "one" } } };
  expect(() => settingsOf(wrong)).toThrow("mongo.collections.logs");
  const unused = { ...later, cluster: { kind: "stackReference", stack: "a/b/c" } } as const;
  expect(() => settingsOf(unused)).toThrow("mongoUri: found a connection string, and cluster.kind");
});

it("a member that is undefined is absent", () => {
  const uri = "mongodb://127.0.0.1/taskrunner";
  const kubernetes = { kubeconfig: undefined, context: undefined };
  expect(settingsOf({ ...args, mongoUri: uri, backfill: undefined, kubernetes }).database).toBe(
    "taskrunner",
  );
});

import * as pulumi from "@pulumi/pulumi";
import { types } from "../../policy/rules";

/** Whether every rule is broken, each by the resource that has its name; else none is. */
const broken = new pulumi.Config().get("broken") === "true";
const choose = <Value>(good: Value, bad: Value) => (broken ? bad : good);

/** A resource of a type whose plugin is not needed: the engine shows policies its inputs all the same. */
class Played extends pulumi.ComponentResource {
  constructor(
    type: string,
    name: string,
    inputs: object,
    outputs: pulumi.Inputs = {},
    protect = true,
  ) {
    super(type, name, inputs, { protect });
    this.registerOutputs({ ...inputs, ...outputs });
  }
}

const atlas = {
  terminationProtectionEnabled: true,
  backupEnabled: true,
  pitEnabled: true,
  retainBackupsEnabled: true,
};
const pinned = `registry/runner@sha256:${"0".repeat(64)}`;
const moving = "registry/runner:1.2";
const collection = { name: "pack_runs", validator: { $jsonSchema: {} }, validationLevel: "strict" };
const claim = "pulumi-nodejs:dynamic/mongo:LedgerClaim";
const release = (file: string) => ({
  valueYamlFiles: [new pulumi.asset.StringAsset(file)],
  values: { image: { repository: "registry/worker" } },
});

new Played(types.atlasCluster, "deletion-protection", atlas, {}, !broken);
new Played(types.atlasCluster, "backups", { ...atlas, pitEnabled: choose(true, false) });
new Played(types.atlasAccess, "closed-access-list", {
  cidrBlock: choose("203.0.113.0/24", "0.0.0.0/0"),
});
new Played(types.collection, "validation-error", {
  ...collection,
  validationAction: choose("error", "warn"),
});
new Played(claim, "images-by-digest", {
  job: { image: choose(pinned, moving) },
  uri: pulumi.secret("mongodb://u:geheim@db.example.net/taskrunner"),
});
new Played(
  types.release,
  "images-by-digest-in-a-file",
  release(choose(`image: { digest: "sha256:${"0".repeat(64)}" }`, 'image: { tag: "1.2" }')),
);

import { z } from "zod";
import { cluster } from "./cluster";
import { positive, section, text } from "./forms";
import { rollout } from "./rollout";
import { advanced, backfill, jobs, kubernetes, migration, mongo, validation } from "./sections";

/**
 * Every key of `Pulumi.<stack>.yaml` under the prefix `taskrunner-storage:`, with form, default and description.
 * `mongoUri` and `appMongoUri` are secret.
 */
export const settingsSchema = section({
  // No default, so that no new stack cuts over by accident.
  storageMode: z
    .enum(["mongo", "filesystem"])
    .describe("Where the services keep their state: the direction of `pulumi up`."),
  cutover: positive
    .default(1)
    .describe(
      "The cutover that `storageMode: mongo` makes or keeps. After each rollback `pulumi up` needs the next number, so that stale settings in git never cut over again.",
    ),
  cluster: cluster.describe("How MongoDB is provisioned."),
  mongoUri: text
    .optional()
    .describe("The migrator's connection string, for cluster kind `existing`. Secret."),
  appMongoUri: text
    .optional()
    .describe(
      "The services' connection string, of another user. Secret. Default: `mongoUri`, if its host is this machine.",
    ),
  mongo: mongo.prefault({}).describe("Names in MongoDB."),
  validation: validation.prefault({}).describe("The collections' validators."),
  approvals: z.boolean().default(true).describe("Whether approvals have a collection."),
  tenancy: z
    .enum(["reserved", "enforced"])
    .default("reserved")
    .describe("Whether every run has a tenant. Until then the tenant index is sparse."),
  logRetentionDays: positive
    .max(24_855)
    .optional()
    .describe(
      "After how many days log entries expire, from the verified cutover on. Default: never.",
    ),
  migration: migration.prefault({}).describe("The schema migration."),
  backfill: backfill
    .optional()
    .describe("The import, and the export of a rollback. Default: none."),
  kubernetes: kubernetes
    .prefault({})
    .describe("The one Kubernetes cluster of releases, pods and Jobs."),
  jobs: jobs
    .optional()
    .describe(
      "Runs every step that touches MongoDB as a Kubernetes Job: for a database that only the cluster reaches. Default: the machine that runs Pulumi does the work.",
    ),
  rollout: rollout.describe("How the services change over."),
  advanced: advanced.prefault({}).describe("Settings that hardly anyone needs."),
});

/** The settings of a stack; `mongoUri` and `appMongoUri` are secret. */
export type Settings = z.infer<typeof settingsSchema>;
/** The setting `kubernetes`. */
export type KubernetesSettings = Settings["kubernetes"];
/** The setting `jobs`. */
export type JobsSettings = NonNullable<Settings["jobs"]>;
/** What the services work on. */
export type StorageMode = Settings["storageMode"];

/** Keys whose values are secret and appear in no message. */
export const secretKeys: readonly string[] = ["mongoUri", "appMongoUri"];

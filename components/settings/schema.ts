import { z } from "zod";
import { cluster } from "./cluster";
import { wholeNumber, section, text } from "./forms";
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
    .describe("Where the services keep their state: the target mode of `pulumi up`."),
  cutover: wholeNumber()
    .default(1)
    .describe(
      "The number of the cutover that `storageMode: mongo` performs or keeps. After each rollback `pulumi up` requires the next number, so that stale settings in git never cut over again. A larger number passes, for a stack that lost its state.",
    ),
  cluster: cluster.describe("How MongoDB is provisioned."),
  mongoUri: text
    .optional()
    .describe("The migrator's connection string, for cluster kind `existing`. Secret."),
  appMongoUri: text
    .optional()
    .describe(
      "The services' connection string, with another user than the migrator's. Secret. Default: `mongoUri`, if its host is this machine.",
    ),
  mongo: mongo.prefault({}).describe("Names in MongoDB."),
  validation: validation.prefault({}).describe("The collections' validators."),
  approvals: z.boolean().default(true).describe("Whether approvals have a collection."),
  tenancy: z
    .enum(["reserved", "enforced"])
    .default("reserved")
    .describe("Whether every run has a tenant. With `reserved`, the tenant index is sparse."),
  logRetentionDays: wholeNumber(24_855)
    .optional()
    .describe(
      "The number of days after which log entries expire, in force after a verified cutover. Default: never.",
    ),
  migration: migration.prefault({}).describe("The schema migration."),
  backfill: backfill
    .optional()
    .describe("The import, and the export of a rollback. Default: none."),
  kubernetes: kubernetes
    .prefault({})
    .describe("The Kubernetes cluster of the releases, the pods and the Jobs."),
  jobs: jobs
    .optional()
    .describe(
      "Runs every step that uses MongoDB as a Kubernetes Job, for a database that is reachable only from the cluster. Default: the steps run on the machine that runs Pulumi.",
    ),
  rollout: rollout.describe("How the services change over."),
  advanced: advanced.prefault({}).describe("Rarely needed settings."),
});

/** The settings of a stack; `mongoUri` and `appMongoUri` are secret. */
export type Settings = z.infer<typeof settingsSchema>;
/** The setting `kubernetes`. */
export type KubernetesSettings = Settings["kubernetes"];
/** The setting `jobs`. */
export type JobsSettings = NonNullable<Settings["jobs"]>;
/** Where the services keep their state. */
export type StorageMode = Settings["storageMode"];

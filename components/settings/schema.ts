import { z } from "zod";
import { collections, defaultIndexNames } from "../contract";
import { cluster } from "./cluster";
import { collectionName, databaseName, indexName, positive, section, text } from "./forms";
import { rollout } from "./rollout";

const mongo = section({
  database: databaseName
    .optional()
    .describe(
      "The database's name. Default: the one in `mongoUri`, `taskrunner` for a cluster that the stack makes.",
    ),
  collections: section({
    runs: collectionName.default(collections.runs.name).describe("The collection of runs."),
    logs: collectionName.default(collections.logs.name).describe("The collection of log entries."),
    artifacts: collectionName
      .default(collections.artifacts.name)
      .describe("The collection of artifacts."),
    approvals: collectionName
      .default(collections.approvals.name)
      .describe("The collection of approvals."),
  })
    .prefault({})
    .describe("The collections' names. They have to differ."),
});

const validation = section({
  enabled: z.boolean().default(true).describe("Whether the collections get validators."),
  level: z
    .enum(["strict", "moderate"])
    .default("strict")
    .describe(
      "Which writes MongoDB checks: `moderate` leaves out updates of documents that are invalid already.",
    ),
  action: z
    .enum(["error", "warn"])
    .default("error")
    .describe("What MongoDB does with an invalid write: refuse it, or only log it."),
});

const migration = section({
  onDataIssue: z
    .enum(["fail", "report"])
    .default("fail")
    .describe(
      "What documents lead to that prevent a unique index or a validator: `fail` stops before the first change, `report` does the rest and lists them.",
    ),
  adopt: z
    .boolean()
    .default(false)
    .describe("Whether this stack takes over the ledger's record of another stack."),
});

const backfill = section({
  source: z
    .union(
      [
        section({
          path: text.describe(
            "The state directory on the machine that runs Pulumi. A relative path counts from the project's folder. Not with `jobs`.",
          ),
        }),
        section({
          persistentVolumeClaim: text.describe(
            "The claim of the services' volume, in the namespace of the Jobs. Needs `jobs`.",
          ),
          subPath: text
            .optional()
            .describe("The state directory in the volume. Default: the volume's root."),
        }),
      ],
      { error: "{ path }, or { persistentVolumeClaim, subPath? } with jobs" },
    )
    .describe("Where the state directory is."),
  parallelism: positive
    .default(1)
    .describe("The number of pods that import at the same time. More than 1 needs `jobs`."),
});

const kubernetes = section({
  kubeconfig: text
    .exactOptional()
    .describe(
      "The kubeconfig file. A relative path counts from the project's folder. Default: as kubectl finds it.",
    ),
  context: text
    .exactOptional()
    .describe("The context in the kubeconfig. Default: the kubeconfig's current one."),
});

const jobs = section({
  image: text.describe("The image with the project's commands."),
  namespace: text
    .optional()
    .describe("The namespace of the Jobs. Default: `rollout.namespace`, with target `helm`."),
  secret: section({
    name: text.describe("The Secret's name."),
    key: text.default("connectionString").describe("The key in the Secret."),
  })
    .optional()
    .describe(
      "A Secret of yours with the migrator's connection string. Default: the stack makes one from `mongoUri`.",
    ),
  ca: section({
    configMap: text.describe("The ConfigMap's name."),
    key: text.default("ca.crt").describe("The key in the ConfigMap."),
  })
    .optional()
    .describe("A ConfigMap with the certificate authority of MongoDB's certificates."),
  imagePullSecrets: z
    .array(text)
    .default([])
    .describe("The names of the Secrets to pull the image with."),
  runAsUser: positive.optional().describe("The pods' user id. Default: the image's."),
  podAnnotations: z.record(text, z.string()).default({}).describe("Annotations of the pods."),
  timeoutSeconds: positive
    .default(600)
    .describe("How long a Job may be without a running pod, in seconds."),
});

const layout = section({
  runs: text.default("state/runs").describe("The folder of runs."),
  approvals: text.default("state/approvals").describe("The folder of approvals."),
  logs: text.default("logs/runs").describe("The folder of logs."),
  artifacts: text.default("artifacts").describe("The folder of artifacts."),
  artifactManifest: text
    .default("artifact-manifest.json")
    .describe("The file in a run's folder of artifacts that lists them."),
});

const advanced = section({
  ledger: collectionName
    .default("schema_migrations")
    .describe("The collection of the migration's record."),
  checkpoints: collectionName
    .default("pack_run_backfill")
    .describe("The collection in which an import remembers how far it came."),
  layout: layout.prefault({}).describe("Where files lie below the state directory."),
  indexNames: section(
    Object.fromEntries(
      defaultIndexNames.map((name) => [
        name,
        indexName.optional().describe(`Your name of the index \`${name}\`.`),
      ]),
    ),
  )
    .prefault({})
    .describe(
      "Names of indexes that your site has under other names. In a collection they differ.",
    ),
  heldRuns: z
    .enum(["hold", "release"])
    .default("hold")
    .describe(
      "What a rollback does with unfinished runs that it cannot export: `hold` moves their files aside, `release` leaves them, and steps may run twice.",
    ),
  electionSeconds: positive
    .max(600)
    .default(60)
    .describe("How long a rollback waits for MongoDB to have a primary, in seconds."),
  abandonMongo: z.iso
    .datetime()
    .optional()
    .describe(
      "The moment of a fence. The rollback of that cutover goes on although MongoDB answers without a primary.",
    ),
});

/**
 * Every key of `Pulumi.<stack>.yaml` under the prefix `taskrunner-storage:`, with its form, its
 * default and its description. `mongoUri` and `appMongoUri` are secret.
 */
export const settingsSchema = section({
  // Without a default: no new stack cuts over because nobody said anything.
  storageMode: z
    .enum(["mongo", "filesystem"])
    .describe("Where the services keep their state: the direction of `pulumi up`."),
  cluster: cluster.describe("Where MongoDB comes from."),
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
      "Every step that touches MongoDB runs as a Kubernetes Job: for a database that only the cluster reaches. Default: the machine that runs Pulumi does the work.",
    ),
  rollout: rollout.describe("How the services change over."),
  advanced: advanced.prefault({}).describe("What hardly anyone changes."),
});

/** The settings of a stack; `mongoUri` and `appMongoUri` are secret. */
export type Settings = z.infer<typeof settingsSchema>;
/** The settings of the import; absent if a stack imports nothing. */
export type BackfillSettings = NonNullable<Settings["backfill"]>;
/** What hardly anyone changes. */
export type AdvancedSettings = Settings["advanced"];
/** How the Kubernetes API is reached. */
export type KubernetesSettings = Settings["kubernetes"];
/** How commands run as Kubernetes Jobs. */
export type JobsSettings = NonNullable<Settings["jobs"]>;
/** Where the state's files lie below its root. */
export type Layout = AdvancedSettings["layout"];
/** What the services work on. */
export type StorageMode = Settings["storageMode"];

/** The keys whose values are secret and appear in no message. */
export const secretKeys: readonly string[] = ["mongoUri", "appMongoUri"];

import { z } from "zod";
import { collections, defaultIndexNames } from "../contract";
import { cluster } from "./cluster";
import { collectionName, databaseName, indexName } from "./names";
import { rollout } from "./rollout";
import { section, text } from "./section";

const mongo = section({
  database: databaseName.optional(),
  collections: section({
    runs: collectionName.default(collections.runs.name),
    logs: collectionName.default(collections.logs.name),
    artifacts: collectionName.default(collections.artifacts.name),
    approvals: collectionName.default(collections.approvals.name),
  }).prefault({}),
});

const validation = section({
  enabled: z.boolean().default(true),
  level: z.enum(["strict", "moderate"]).default("strict"),
  action: z.enum(["error", "warn"]).default("error"),
});

const indexes = section({
  names: section(
    Object.fromEntries(defaultIndexNames.map((name) => [name, indexName.optional()])),
  ).prefault({}),
  approvals: z.boolean().default(true),
});

const runAs = z.enum(["engine", "job"]).default("engine");

const migration = section({
  runAs,
  onDataIssue: z.enum(["fail", "report"]).default("fail"),
  ledger: collectionName.default("schema_migrations"),
  adopt: z.boolean().default(false),
});

/** Paths below the state root. */
const layout = section({
  runs: text.default("state/runs"),
  approvals: text.default("state/approvals"),
  logs: text.default("logs/runs"),
  artifacts: text.default("artifacts"),
  artifactManifest: text.default("artifact-manifest.json"),
});

/** The collection of the import's checkpoints where a site names none. */
export const defaultCheckpoints = "pack_run_backfill";

const backfill = section({
  source: z.union([
    section({ path: text }),
    section({ persistentVolumeClaim: text, subPath: text.optional() }),
  ]),
  runAs,
  parallelism: z.int().min(1).default(1),
  checkpoints: collectionName.default(defaultCheckpoints),
  layout: layout.prefault({}),
});

/** How commands run as Kubernetes Jobs; the API's address is that of `rollout` unless it is here. */
const jobs = section({
  image: text,
  kubeconfig: text.optional(),
  context: text.optional(),
  namespace: text.optional(),
  secret: section({ name: text, key: text.default("connectionString") }).optional(),
  ca: section({ configMap: text, key: text.default("ca.crt") }).optional(),
  imagePullSecrets: z.array(text).default([]),
  runAsUser: z.int().min(1).optional(),
  podAnnotations: z.record(text, z.string()).default({}),
  timeoutSeconds: z.int().min(1).default(600),
});

/** What hardly anyone changes. */
const advanced = section({
  /** How long a rollback waits for MongoDB to have a primary, in s: an election may be under way. */
  electionSeconds: z.int().min(1).max(600).default(60),
  /** The moment of a fence: a rollback from it goes on where members answer without a primary. */
  abandonMongo: z.iso.datetime().optional(),
});

/**
 * Every key of `Pulumi.<stack>.yaml` under the prefix `taskrunner-storage:`, with its form and
 * default. `mongoUri` and `appMongoUri` are secret.
 */
export const settingsSchema = section({
  // Without a default: no new stack cuts over because nobody said anything.
  storageMode: z.enum(["mongo", "filesystem"]),
  cluster,
  mongoUri: text.optional(),
  appMongoUri: text.optional(),
  mongo: mongo.prefault({}),
  validation: validation.prefault({}),
  indexes: indexes.prefault({}),
  tenancy: z.enum(["reserved", "enforced"]).default("reserved"),
  logRetentionDays: z.int().min(1).max(24_855).optional(),
  migration: migration.prefault({}),
  backfill: backfill.optional(),
  jobs: jobs.optional(),
  rollout,
  advanced: advanced.prefault({}),
});

/** The settings of a stack; `mongoUri` and `appMongoUri` are secret. */
export type Settings = z.infer<typeof settingsSchema>;

/** The settings of the import; absent where a stack imports nothing. */
export type BackfillSettings = NonNullable<Settings["backfill"]>;
/** What the settings say of a MongoDB without a primary. */
export type AdvancedSettings = Settings["advanced"];
/** How commands run as Kubernetes Jobs. */
export type JobsSettings = NonNullable<Settings["jobs"]>;
/** Where the state's files lie below its root. */
export type Layout = BackfillSettings["layout"];
/** What worker and web work on. */
export type StorageMode = Settings["storageMode"];

/** The keys whose values are secret and appear in no message. */
export const secretKeys: readonly string[] = ["mongoUri", "appMongoUri"];

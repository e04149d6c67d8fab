import { z } from "zod";
import { collections, defaultIndexNames } from "../contract";
import { collectionName, databaseName, indexName } from "./names";

/** An object of settings that says, for an unknown key, which keys it has. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined,
  });
}

const cluster = z.discriminatedUnion("kind", [
  section({ kind: z.literal("existing"), allowPlainText: z.boolean().default(false) }),
  z.looseObject({ kind: z.literal("atlas") }),
  z.looseObject({ kind: z.literal("kubernetes") }),
  z.looseObject({ kind: z.literal("stackReference") }),
]);

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

const text = z.string().min(1, { error: "a text that is not empty" });

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

/** Where a service's environment variables live in its Helm values. */
const serviceValues = (file: string) =>
  section({
    file: text.default(file),
    path: text.default("env"),
    form: z.enum(["list", "map"]).default("list"),
  }).prefault({});

const rolloutCommon = {
  timeoutSeconds: z.int().min(1).default(600),
  secretVersion: text.optional(),
  heldRuns: z.enum(["hold", "release"]).default("hold"),
};

const valuesRollout = section({
  target: z.literal("values"),
  directory: text,
  confirm: z
    .union([
      z.literal("none"),
      section({ kubeconfig: text.optional(), namespace: text, selector: text }),
    ])
    .optional(),
  confirmed: z.enum(["worker", "web"]).optional(),
  worker: serviceValues("worker.values.yaml"),
  web: serviceValues("web.values.yaml"),
  connectionSecret: section({
    name: text.default("taskrunner-mongo"),
    key: text.default("connectionString"),
  }).prefault({}),
  ...rolloutCommon,
});

const rollout = z.discriminatedUnion("target", [
  valuesRollout,
  z.looseObject({ target: z.literal("helm") }),
]);

/**
 * Every key of `Pulumi.<stack>.yaml` under the prefix `taskrunner-storage:`, with its form and
 * default. `mongoUri` and `appMongoUri` are secret.
 */
export const settingsSchema = section({
  storageMode: z.enum(["mongo", "filesystem"]).default("mongo"),
  cluster: cluster.default({ kind: "existing", allowPlainText: false }),
  mongoUri: text.optional(),
  appMongoUri: text.optional(),
  mongo: mongo.prefault({}),
  validation: validation.prefault({}),
  indexes: indexes.prefault({}),
  tenancy: z.enum(["reserved", "enforced"]).default("reserved"),
  logRetentionDays: z.int().min(1).max(24_855).optional(),
  migration: migration.prefault({}),
  backfill: backfill.optional(),
  rollout,
  allowDestroy: z.boolean().default(false),
});

/** The settings as the schema knows them, with forms whose features are not there yet. */
export type ParsedSettings = z.infer<typeof settingsSchema>;

/** The settings of a stack; `mongoUri` and `appMongoUri` are secret. */
export type Settings = Omit<ParsedSettings, "cluster" | "rollout"> & {
  readonly cluster: Extract<ParsedSettings["cluster"], { kind: "existing" }>;
  readonly rollout: ValuesRolloutSettings;
};

/** The settings of the import; absent where a stack imports nothing. */
export type BackfillSettings = NonNullable<Settings["backfill"]>;
/** Where the state's files lie below its root. */
export type Layout = BackfillSettings["layout"];
/** The settings of the rollout by values files. */
export type ValuesRolloutSettings = z.infer<typeof valuesRollout>;
/** Where one service's environment variables live. */
export type ServiceValues = ValuesRolloutSettings["worker"];
/** What worker and web work on. */
export type StorageMode = Settings["storageMode"];

/** The keys whose values are secret and appear in no message. */
export const secretKeys: readonly string[] = ["mongoUri", "appMongoUri"];

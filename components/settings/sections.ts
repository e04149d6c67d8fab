import { z } from "zod";
import { collections, defaultFolders, indexNameIn } from "../contract";
import {
  collectionName,
  databaseName,
  folder,
  indexName,
  wholeNumber,
  section,
  text,
} from "./forms";

const indexNames = Object.values(collections).flatMap(({ name, indexes }) =>
  indexes.map((index) => {
    const fields = Object.keys(index.key)
      .map((field) => `\`${field}\``)
      .join(", ");
    const setting = indexName.optional().describe(`The index on ${fields} of \`${name}\`.`);
    return [indexNameIn(name, index), setting] as const;
  }),
);

/** Names in MongoDB. */
export const mongo = section({
  database: databaseName
    .optional()
    .describe(
      "The database's name. Default: the one in `mongoUri`, or `taskrunner` for a cluster that the stack creates.",
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
    .describe("The collections' names. They must differ."),
  indexNames: section(Object.fromEntries(indexNames))
    .optional()
    .describe(
      "The names of the indexes that the services create at start, by the default names here. An equal index is adopted under any name.",
    ),
  extraCollections: z
    .array(collectionName)
    .optional()
    .describe(
      "Further collections of the services: their user gets the same privileges there, and `application-check` tries them. They get neither validator nor index.",
    ),
});

/** The collections' validators. */
export const validation = section({
  enabled: z.boolean().default(true).describe("Whether the collections get validators."),
  level: z
    .enum(["strict", "moderate"])
    .default("strict")
    .describe(
      "Which writes MongoDB checks: `strict` all, `moderate` all except updates of documents that are already invalid.",
    ),
  action: z
    .enum(["error", "warn"])
    .default("error")
    .describe("What MongoDB does with an invalid write: `error` rejects it, `warn` only logs it."),
});

/** The schema migration. */
export const migration = section({
  onDataIssue: z
    .enum(["fail", "report"])
    .default("fail")
    .describe(
      "What to do about documents that block a unique index or a validator: `fail` stops before the first change, `report` applies everything else and lists them.",
    ),
  adopt: z
    .boolean()
    .default(false)
    .describe("Whether this stack takes over the ledger's record of another stack."),
});

/** The form of a folder that the services do not have. */
export const noFolder = "none";

const folders = section({
  runs: folder
    .refine((name) => name !== noFolder, { error: "a folder, because all services have runs" })
    .default(defaultFolders.runs)
    .describe("The runs: `<runId>.json`."),
  approvals: folder.default(defaultFolders.approvals).describe("The approvals: `<runId>.json`."),
  logs: folder.default(defaultFolders.logs).describe("The logs: `<runId>.ndjson`."),
  artifacts: folder
    .default(defaultFolders.artifacts)
    .describe("The artifacts: `<runId>/artifact-manifest.json`."),
  queue: folder.default(defaultFolders.queue).describe("The jobs that wait for the worker."),
})
  .prefault({})
  .describe(
    "The folders of the services' stores below the state directory. `none`: the services do not have this store. They must differ, and only `artifacts` may contain others.",
  );

/** The import, and the export of a rollback. */
export const backfill = section({
  source: z
    .union(
      [
        section({
          path: text.describe(
            "The state directory on the machine that runs Pulumi, absolute or relative to the project's folder. Not with `jobs`.",
          ),
          folders,
        }),
        section({
          persistentVolumeClaim: text.describe(
            "The claim of the services' volume, in the namespace of the Jobs. Needs `jobs`.",
          ),
          subPath: text
            .optional()
            .describe("The state directory in the volume. Default: the volume's root."),
          folders,
        }),
      ],
      { error: "{ path }, or { persistentVolumeClaim, subPath? } with jobs" },
    )
    .describe("Where the state directory is."),
});

/** The Kubernetes cluster. An absent key is never `undefined`, so that the section can be spread into an address. */
export const kubernetes = section({
  kubeconfig: text
    .exactOptional()
    .describe(
      "The kubeconfig file, absolute or relative to the project's folder. Default: as kubectl finds it.",
    ),
  context: text
    .exactOptional()
    .describe("The context in the kubeconfig. Required if the kubeconfig has several."),
});

/** Steps as Kubernetes Jobs. */
export const jobs = section({
  image: text.describe("The container image of the Jobs, with this project's commands."),
  namespace: text
    .optional()
    .describe("The namespace of the Jobs. Default: `rollout.namespace`, with target `helm`."),
  secret: section({
    name: text.describe("The Secret's name."),
    key: text.default("connectionString").describe("The key in the Secret."),
  })
    .optional()
    .describe(
      "A Secret of yours with the migrator's connection string. Default: the stack creates one from `mongoUri`.",
    ),
  ca: section({
    configMap: text.describe("The ConfigMap's name."),
    key: text.default("ca.crt").describe("The key in the ConfigMap."),
  })
    .exactOptional()
    .describe("A ConfigMap with the certificate authority of MongoDB's certificates."),
  podTemplate: z
    .record(text, z.unknown())
    .default({})
    .describe(
      "A Kubernetes pod template that is merged into the Jobs' pods, for labels, user, limits, nodes, service account or volumes. Fields that a Job needs override it. The user must be able to write the state directory; default: the image's user, 1000.",
    ),
  timeoutSeconds: wholeNumber()
    .default(600)
    .describe("How long a Job may be without a running pod, in seconds."),
});

/** Rarely needed settings. */
export const advanced = section({
  ledger: collectionName
    .default("schema_migrations")
    .describe("The collection of the migration's record."),
  electionSeconds: wholeNumber(600)
    .default(60)
    .describe(
      "How long a rollback waits for MongoDB to have a primary, and a pass for the end of MongoDB's trouble while the worker is stopped, in seconds.",
    ),
  abandonMongo: z.iso
    .datetime()
    .optional()
    .describe(
      "The time of a cutover. The rollback of that cutover does not read MongoDB, so what changed there since is lost.",
    ),
  exportUnconfirmed: z.iso
    .datetime()
    .optional()
    .describe(
      "The time of a cutover. If MongoDB can be read and no majority acknowledges a write, or it refuses writes, the rollback of that cutover exports what the primary has.",
    ),
  acceptQuarantined: z
    .string()
    .regex(/^[0-9a-f]{16}$/, { error: "the 16 hexadecimal digits shown" })
    .optional()
    .describe(
      "The hash of the records that are quarantined or differ and that cannot be fixed; `pulumi up` and `verify` print it. The verification then passes without them.",
    ),
  acceptForms: z
    .string()
    .regex(/^[0-9a-f]{16}$/, { error: "the 16 hexadecimal digits shown" })
    .optional()
    .describe(
      "The hash of differences in form between imported records and what the services write; `pulumi up` and `verify` print it. A cutover and its verification accept them.",
    ),
  acceptDatabase: text
    .optional()
    .describe(
      "`<cutoverAt>@<hosts>/<database>`: accepts a database for that cutover. It is a copy that you made after the cutover, or another stack recorded the cutover in it and does not use it any more.",
    ),
  acceptCluster: text
    .optional()
    .describe(
      "The UID, or the API server's address, of the Kubernetes cluster to accept: one that replaces the stack's former one, such as after a rebuild, or one whose UID the account may not read. The error prints the line.",
    ),
});

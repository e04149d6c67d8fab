import { z } from "zod";
import { collections } from "../contract";
import { collectionName, databaseName, positive, section, text } from "./forms";

/** Names in MongoDB. */
export const mongo = section({
  database: databaseName
    .optional()
    .describe(
      "The database's name. Default: the one in `mongoUri`, `taskrunner` for a cluster that the stack creates.",
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
});

/** The collections' validators. */
export const validation = section({
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

/** The schema migration. */
export const migration = section({
  onDataIssue: z
    .enum(["fail", "report"])
    .default("fail")
    .describe(
      "What to do about documents that block a unique index or a validator: `fail` stops before the first change, `report` does the rest and lists them.",
    ),
  adopt: z
    .boolean()
    .default(false)
    .describe("Whether this stack takes over the ledger's record of another stack."),
});

/** The import, and the export of a rollback. */
export const backfill = section({
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

/** The Kubernetes cluster. No key is undefined, so that the section can be spread into an address. */
export const kubernetes = section({
  kubeconfig: text
    .exactOptional()
    .describe(
      "The kubeconfig file. A relative path counts from the project's folder. Default: as kubectl finds it.",
    ),
  context: text
    .exactOptional()
    .describe("The context in the kubeconfig. Required if the kubeconfig has several."),
});

/** Steps as Kubernetes Jobs. */
export const jobs = section({
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
      "A Kubernetes pod template that is merged into the pods: labels, user, limits, nodes, service account, volumes. What a Job needs wins. The user has to be able to write the state; default: the image's, 1000.",
    ),
  timeoutSeconds: positive
    .default(600)
    .describe("How long a Job may be without a running pod, in seconds."),
});

const listHash = z.string().regex(/^[0-9a-f]{16}$/, { error: "the 16 digits that were printed" });

/** Rarely needed settings. */
export const advanced = section({
  ledger: collectionName
    .default("schema_migrations")
    .describe("The collection of the migration's record."),
  heldRuns: z
    .enum(["hold", "release"])
    .default("hold")
    .describe(
      "What a rollback does with unfinished runs that it cannot export: `hold` moves their files to `held/`, `release` leaves them, and steps may run twice.",
    ),
  electionSeconds: positive
    .max(600)
    .default(60)
    .describe("How long a rollback waits for MongoDB to have a primary, in seconds."),
  abandonMongo: z.iso
    .datetime()
    .optional()
    .describe(
      "The moment of a fence. The rollback of that cutover does not ask MongoDB: what changed there since is given up.",
    ),
  exportUnconfirmed: z.iso
    .datetime()
    .optional()
    .describe(
      "The moment of a fence. The rollback of that cutover exports what MongoDB's primary has if no majority acknowledges a write.",
    ),
  acceptMissing: listHash
    .optional()
    .describe(
      "The hash, which `pulumi up` prints, of the unfinished runs in MongoDB whose files are gone. The cutover goes on, and the worker executes them from MongoDB.",
    ),
  acceptQuarantined: listHash
    .optional()
    .describe(
      "The hash, which `pulumi up` and `verify` print, of the records that are quarantined or differ and that nobody can fix. The verification then holds without them.",
    ),
  acceptDatabase: text
    .optional()
    .describe(
      "`<fencedAt>@<hosts>/<database>`: the place to which you have copied the database since that fence.",
    ),
  acceptCluster: text
    .optional()
    .describe(
      "The UID, which the error prints, of the Kubernetes cluster that takes the place of the one that the stack knows, such as one that was rebuilt.",
    ),
});

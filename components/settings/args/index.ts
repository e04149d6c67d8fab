// Made from components/settings by `make docs`.

import type * as pulumi from "@pulumi/pulumi";
import type {
  ClusterExistingArgs,
  ClusterStackReferenceArgs,
  ClusterAtlasArgs,
  ClusterKubernetesArgs,
} from "./cluster";
import type { RolloutValuesArgs, RolloutHelmArgs, RolloutUmbrellaArgs } from "./rollout";

/** The collections' names. They must differ. */
export interface MongoCollectionsArgs {
  /** The collection of runs. Default: `pack_runs`. */
  readonly runs?: string | undefined;
  /** The collection of log entries. Default: `pack_run_logs`. */
  readonly logs?: string | undefined;
  /** The collection of artifacts. Default: `pack_artifacts`. */
  readonly artifacts?: string | undefined;
  /** The collection of approvals. Default: `pack_run_approvals`. */
  readonly approvals?: string | undefined;
}

/** The names of the indexes that the services create at start, by the default names here. An equal index is adopted under any name. */
export interface MongoIndexNamesArgs {
  /** The index on `updatedAt` of `pack_runs`. */
  readonly pack_runs_updatedAt_desc?: string | undefined;
  /** The index on `tenantId`, `updatedAt` of `pack_runs`. */
  readonly pack_runs_tenant_updatedAt_desc?: string | undefined;
  /** The index on `runId`, `sequence` of `pack_run_logs`. */
  readonly pack_run_logs_run_sequence?: string | undefined;
  /** The index on `runId`, `timestamp` of `pack_run_logs`. */
  readonly pack_run_logs_run_timestamp?: string | undefined;
  /** The index on `timestamp` of `pack_run_logs`. */
  readonly pack_run_logs_timestamp_ttl?: string | undefined;
  /** The index on `runId`, `name` of `pack_artifacts`. */
  readonly pack_artifacts_run_name?: string | undefined;
  /** The index on `runId` of `pack_artifacts`. */
  readonly pack_artifacts_run?: string | undefined;
  /** The index on `runId`, `approvalId` of `pack_run_approvals`. */
  readonly pack_run_approvals_run_approval?: string | undefined;
  /** The index on `runId`, `status` of `pack_run_approvals`. */
  readonly pack_run_approvals_run_status?: string | undefined;
}

/** Names in MongoDB. */
export interface MongoArgs {
  /** The database's name. Default: the one in `mongoUri`, or `taskrunner` for a cluster that the stack creates. */
  readonly database?: string | undefined;
  /** The collections' names. They must differ. */
  readonly collections?: MongoCollectionsArgs | undefined;
  /** The names of the indexes that the services create at start, by the default names here. An equal index is adopted under any name. */
  readonly indexNames?: MongoIndexNamesArgs | undefined;
  /** Further collections of the services: their user gets the same privileges there, and `application-check` tries them. They get neither validator nor index. */
  readonly extraCollections?: readonly string[] | undefined;
}

/** The collections' validators. */
export interface ValidationArgs {
  /** Whether the collections get validators. Default: `true`. */
  readonly enabled?: boolean | undefined;
  /** Which writes MongoDB checks: `strict` all, `moderate` all except updates of documents that are already invalid. Default: `strict`. */
  readonly level?: "strict" | "moderate" | undefined;
  /** What MongoDB does with an invalid write: `error` rejects it, `warn` only logs it. Default: `error`. */
  readonly action?: "error" | "warn" | undefined;
}

/** The schema migration. */
export interface MigrationArgs {
  /** What to do about documents that block a unique index or a validator: `fail` stops before the first change, `report` applies everything else and lists them. Default: `fail`. */
  readonly onDataIssue?: "fail" | "report" | undefined;
  /** Whether this stack takes over the ledger's record of another stack. Default: `false`. */
  readonly adopt?: boolean | undefined;
}

/** The folders of the services' stores below the state directory. `none`: the services do not have this store. They must differ, and only `artifacts` may contain others. */
export interface BackfillSourcePathFoldersArgs {
  /** The runs: `<runId>.json`. Default: `state/runs`. */
  readonly runs?: string | undefined;
  /** The approvals: `<runId>.json`. Default: `state/approvals`. */
  readonly approvals?: string | undefined;
  /** The logs: `<runId>.ndjson`. Default: `logs/runs`. */
  readonly logs?: string | undefined;
  /** The artifacts: `<runId>/artifact-manifest.json`. Default: `artifacts`. */
  readonly artifacts?: string | undefined;
  /** The jobs that wait for the worker. Default: `queue`. */
  readonly queue?: string | undefined;
}

/** Where the state directory is. */
export interface BackfillSourcePathArgs {
  /** The state directory on the machine that runs Pulumi, absolute or relative to the project's folder. Not with `jobs`. */
  readonly path: string;
  /** The folders of the services' stores below the state directory. `none`: the services do not have this store. They must differ, and only `artifacts` may contain others. */
  readonly folders?: BackfillSourcePathFoldersArgs | undefined;
}

/** The folders of the services' stores below the state directory. `none`: the services do not have this store. They must differ, and only `artifacts` may contain others. */
export interface BackfillSourcePersistentVolumeClaimFoldersArgs {
  /** The runs: `<runId>.json`. Default: `state/runs`. */
  readonly runs?: string | undefined;
  /** The approvals: `<runId>.json`. Default: `state/approvals`. */
  readonly approvals?: string | undefined;
  /** The logs: `<runId>.ndjson`. Default: `logs/runs`. */
  readonly logs?: string | undefined;
  /** The artifacts: `<runId>/artifact-manifest.json`. Default: `artifacts`. */
  readonly artifacts?: string | undefined;
  /** The jobs that wait for the worker. Default: `queue`. */
  readonly queue?: string | undefined;
}

/** Where the state directory is. */
export interface BackfillSourcePersistentVolumeClaimArgs {
  /** The claim of the services' volume, in the namespace of the Jobs. Needs `jobs`. */
  readonly persistentVolumeClaim: string;
  /** The state directory in the volume. Default: the volume's root. */
  readonly subPath?: string | undefined;
  /** The folders of the services' stores below the state directory. `none`: the services do not have this store. They must differ, and only `artifacts` may contain others. */
  readonly folders?: BackfillSourcePersistentVolumeClaimFoldersArgs | undefined;
}

/** The import, and the export of a rollback. Default: none. */
export interface BackfillArgs {
  /** Where the state directory is. */
  readonly source: BackfillSourcePathArgs | BackfillSourcePersistentVolumeClaimArgs;
}

/** The Kubernetes cluster of the releases, the pods and the Jobs. */
export interface KubernetesArgs {
  /** The kubeconfig file, absolute or relative to the project's folder. Default: as kubectl finds it. */
  readonly kubeconfig?: string | undefined;
  /** The context in the kubeconfig. Required if the kubeconfig has several. */
  readonly context?: string | undefined;
}

/** A Secret of yours with the migrator's connection string. Default: the stack creates one from `mongoUri`. */
export interface JobsSecretArgs {
  /** The Secret's name. */
  readonly name: string;
  /** The key in the Secret. Default: `connectionString`. */
  readonly key?: string | undefined;
}

/** A ConfigMap with the certificate authority of MongoDB's certificates. */
export interface JobsCaArgs {
  /** The ConfigMap's name. */
  readonly configMap: string;
  /** The key in the ConfigMap. Default: `ca.crt`. */
  readonly key?: string | undefined;
}

/** Runs every step that uses MongoDB as a Kubernetes Job, for a database that is reachable only from the cluster. Default: the steps run on the machine that runs Pulumi. */
export interface JobsArgs {
  /** The container image of the Jobs, with this project's commands. */
  readonly image: string;
  /** The namespace of the Jobs. Default: `rollout.namespace`, with target `helm`. */
  readonly namespace?: string | undefined;
  /** A Secret of yours with the migrator's connection string. Default: the stack creates one from `mongoUri`. */
  readonly secret?: JobsSecretArgs | undefined;
  /** A ConfigMap with the certificate authority of MongoDB's certificates. */
  readonly ca?: JobsCaArgs | undefined;
  /** A Kubernetes pod template that is merged into the Jobs' pods, for labels, user, limits, nodes, service account or volumes. Fields that a Job needs override it. The user must be able to write the state directory; default: the image's user, 1000. */
  readonly podTemplate?: Readonly<Record<string, unknown>> | undefined;
  /** How long a Job may be without a running pod, in seconds. An integer from 1. Default: `600`. */
  readonly timeoutSeconds?: number | undefined;
}

/** Rarely needed settings. */
export interface AdvancedArgs {
  /** The collection of the migration's record. Default: `schema_migrations`. */
  readonly ledger?: string | undefined;
  /** How long a rollback waits for MongoDB to have a primary, and a pass for the end of MongoDB's trouble while the worker is stopped, in seconds. An integer from 1 to 600. Default: `60`. */
  readonly electionSeconds?: number | undefined;
  /** The time of a cutover. The rollback of that cutover does not read MongoDB, so what changed there since is lost. */
  readonly abandonMongo?: string | undefined;
  /** The time of a cutover. If MongoDB can be read and no majority acknowledges a write, or it refuses writes, the rollback of that cutover exports what the primary has. */
  readonly exportUnconfirmed?: string | undefined;
  /** The hash of the records that are quarantined or differ and that cannot be fixed; `pulumi up` and `verify` print it. The verification then passes without them. */
  readonly acceptQuarantined?: string | undefined;
  /** The hash of differences in form between imported records and what the services write; `pulumi up` and `verify` print it. A cutover and its verification accept them. */
  readonly acceptForms?: string | undefined;
  /** `<cutoverAt>@<hosts>/<database>`: accepts a database for that cutover. It is a copy that you made after the cutover, or another stack recorded the cutover in it and does not use it any more. */
  readonly acceptDatabase?: string | undefined;
  /** The UID, or the API server's address, of the Kubernetes cluster to accept: one that replaces the stack's former one, such as after a rebuild, or one whose UID the account may not read. The error prints the line. */
  readonly acceptCluster?: string | undefined;
}

/** The settings of an environment, as a program writes them. */
export interface TaskRunnerStorageArgs {
  /** Where the services keep their state: the target mode of `pulumi up`. */
  readonly storageMode: "mongo" | "filesystem";
  /** The number of the cutover that `storageMode: mongo` performs or keeps. After each rollback `pulumi up` requires the next number, so that stale settings in git never cut over again. A larger number passes, for a stack that lost its state. An integer from 1. Default: `1`. */
  readonly cutover?: number | undefined;
  /** How MongoDB is provisioned. Default: `{ kind: existing }`. */
  readonly cluster?:
    | ClusterExistingArgs
    | ClusterStackReferenceArgs
    | ClusterAtlasArgs
    | ClusterKubernetesArgs
    | undefined;
  /** The migrator's connection string, for cluster kind `existing`. Secret. */
  readonly mongoUri?: pulumi.Input<string> | undefined;
  /** The services' connection string, with another user than the migrator's. Secret. Default: `mongoUri`, if its host is this machine. */
  readonly appMongoUri?: pulumi.Input<string> | undefined;
  /** Names in MongoDB. */
  readonly mongo?: MongoArgs | undefined;
  /** The collections' validators. */
  readonly validation?: ValidationArgs | undefined;
  /** Whether approvals have a collection. Default: `true`. */
  readonly approvals?: boolean | undefined;
  /** Whether every run has a tenant. With `reserved`, the tenant index is sparse. Default: `reserved`. */
  readonly tenancy?: "reserved" | "enforced" | undefined;
  /** The number of days after which log entries expire, in force after a verified cutover. Default: never. An integer from 1 to 24855. */
  readonly logRetentionDays?: number | undefined;
  /** The schema migration. */
  readonly migration?: MigrationArgs | undefined;
  /** The import, and the export of a rollback. Default: none. */
  readonly backfill?: BackfillArgs | undefined;
  /** The Kubernetes cluster of the releases, the pods and the Jobs. */
  readonly kubernetes?: KubernetesArgs | undefined;
  /** Runs every step that uses MongoDB as a Kubernetes Job, for a database that is reachable only from the cluster. Default: the steps run on the machine that runs Pulumi. */
  readonly jobs?: JobsArgs | undefined;
  /** How the services change over. */
  readonly rollout: RolloutValuesArgs | RolloutHelmArgs | RolloutUmbrellaArgs;
  /** Rarely needed settings. */
  readonly advanced?: AdvancedArgs | undefined;
}

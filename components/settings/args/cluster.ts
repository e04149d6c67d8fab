// Made from components/settings by `make docs`.

/** An existing server, which `mongoUri` names. */
export interface ClusterExistingArgs {
  /** An existing server, which `mongoUri` names. */
  readonly kind: "existing";
  /** Whether connections to other machines may omit TLS or certificate checks. Default: `false`. */
  readonly allowPlainText?: boolean | undefined;
}

/** The names of the other stack's outputs. */
export interface ClusterStackReferenceOutputsArgs {
  /** The output with the migrator's connection string. Default: `mongoUri`. */
  readonly mongoUri?: string | undefined;
  /** The output with the services' connection string. Default: `appMongoUri`. */
  readonly appMongoUri?: string | undefined;
}

/** The cluster of another stack. */
export interface ClusterStackReferenceArgs {
  /** The cluster of another stack. */
  readonly kind: "stackReference";
  /** The other stack: `organization/project/stack`. */
  readonly stack: string;
  /** The names of the other stack's outputs. */
  readonly outputs?: ClusterStackReferenceOutputsArgs | undefined;
  /** Whether connections to other machines may omit TLS or certificate checks. Default: `false`. */
  readonly allowPlainText?: boolean | undefined;
}

/** The regions, the first preferred for the primary. 3, 5 or 7 electable nodes in total. */
export interface ClusterAtlasRegionsArgs {
  /** The region's name in Atlas, such as `EU_CENTRAL_1`. */
  readonly name: string;
  /** Number of nodes that may become primary. An integer from 1 to 7. Default: `3`. */
  readonly electable?: number | undefined;
}

/** The limits within which Atlas changes the size. */
export interface ClusterAtlasAutoScalingComputeArgs {
  /** The smallest size. */
  readonly min: string;
  /** The largest size. */
  readonly max: string;
  /** Whether Atlas may choose a smaller size. Default: `true`. */
  readonly scaleDown?: boolean | undefined;
}

/** What Atlas scales by itself. */
export interface ClusterAtlasAutoScalingArgs {
  /** The limits within which Atlas changes the size. */
  readonly compute?: ClusterAtlasAutoScalingComputeArgs | undefined;
  /** Whether Atlas may enlarge the disk. Default: `true`. */
  readonly disk?: boolean | undefined;
}

/** Snapshots, on the schedule set in Atlas. */
export interface ClusterAtlasBackupArgs {
  /** Whether Atlas takes snapshots. Default: `true`. */
  readonly enabled?: boolean | undefined;
  /** Whether Atlas can restore any point in time. Default: as `enabled`. */
  readonly pointInTime?: boolean | undefined;
}

/** The IP access list of the project. */
export interface ClusterAtlasAccessListArgs {
  /** One IPv4 address. */
  readonly address?: string | undefined;
  /** A range of IPv4 addresses, such as `192.0.2.0/24`. */
  readonly range?: string | undefined;
  /** What the entry is for. Default: none. */
  readonly comment?: string | undefined;
}

/** A cluster of MongoDB Atlas, which the stack creates. */
export interface ClusterAtlasArgs {
  /** A cluster of MongoDB Atlas, which the stack creates. */
  readonly kind: "atlas";
  /** The project's id. */
  readonly projectId: string;
  /** The cluster's name. Changing it creates another cluster. Default: `taskrunner`. */
  readonly name?: string | undefined;
  /** Whether the stack takes over the existing cluster of this name in `projectId`. Settings that could change it then have no default. Default: `false`. */
  readonly import?: boolean | undefined;
  /** MongoDB's major version, in quotes. Default: `8.0`. */
  readonly mongoVersion?: string | undefined;
  /** The cloud that the cluster runs on. */
  readonly provider: "AWS" | "AZURE" | "GCP";
  /** The regions, the first preferred for the primary. 3, 5 or 7 electable nodes in total. */
  readonly regions: readonly ClusterAtlasRegionsArgs[];
  /** The size of a node. With `autoScaling.compute`: the size at creation; a change is ignored, with a warning. Default: `M10`. */
  readonly instanceSize?: string | undefined;
  /** What Atlas scales by itself. */
  readonly autoScaling?: ClusterAtlasAutoScalingArgs | undefined;
  /** Snapshots, on the schedule set in Atlas. */
  readonly backup?: ClusterAtlasBackupArgs | undefined;
  /** Tags that the cluster is created with. Change them in Atlas later. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The IP access list of the project. Default: none. */
  readonly accessList?: readonly ClusterAtlasAccessListArgs[] | undefined;
  /** Which address is used: `standard`, `private` or `privateEndpoint:<id>`. Default: `standard`. */
  readonly connection?: string | undefined;
  /** Changing it creates new users and passwords. An integer from 1. Default: `1`. */
  readonly passwordVersion?: number | undefined;
  /** Whether Pulumi and Atlas refuse to delete the cluster. Default: `true`. */
  readonly protection?: boolean | undefined;
}

/** MongoDB's operator. */
export interface ClusterKubernetesOperatorArgs {
  /** Whether the stack installs the operator. If `false`, one must already watch the namespace. Default: `true`. */
  readonly install?: boolean | undefined;
  /** The Helm release. Default: `mongodb-kubernetes`. */
  readonly release?: string | undefined;
  /** The chart: a name in `repository`, or a path with a `/`. Default: `mongodb-kubernetes`. */
  readonly chart?: string | undefined;
  /** The chart's repository (`https://`) or registry (`oci://`). Default: `https://mongodb.github.io/helm-charts`. */
  readonly repository?: string | undefined;
  /** The chart's version. Default: `1.10.0`. */
  readonly version?: string | undefined;
  /** Helm values on top of the stack's. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** Encrypted connections. */
export interface ClusterKubernetesResourceTlsArgs {
  /** Whether connections are encrypted. `false` needs `allowPlainText`. Default: `true`. */
  readonly enabled?: boolean | undefined;
  /** The Secret with `tls.crt` and `tls.key` for the members' host names. Needed for TLS. */
  readonly certificateSecret?: string | undefined;
  /** The ConfigMap with the CA certificate, `ca.crt`. Needed for TLS. */
  readonly caConfigMap?: string | undefined;
}

/** CPU and memory of a member. */
export interface ClusterKubernetesResourceResourcesArgs {
  /** What a member requests, such as `{ memory: 4Gi }`. */
  readonly requests?: Readonly<Record<string, string>> | undefined;
  /** What a member may use. */
  readonly limits?: Readonly<Record<string, string>> | undefined;
}

/** The replica set. */
export interface ClusterKubernetesResourceArgs {
  /** The replica set's name. Changing it creates another, empty replica set. Default: `taskrunner-mongo`. */
  readonly name?: string | undefined;
  /** The number of members: 1, 3, 5 or 7. An integer from 1 to 7. Default: `3`. */
  readonly members?: number | undefined;
  /** MongoDB's full version, such as `8.0.12`. */
  readonly version: string;
  /** Encrypted connections. */
  readonly tls?: ClusterKubernetesResourceTlsArgs | undefined;
  /** CPU and memory of a member. */
  readonly resources?: ClusterKubernetesResourceResourcesArgs | undefined;
}

/** The user of the migrator. */
export interface ClusterKubernetesUsersMigratorArgs {
  /** The user's name. Default: `taskrunner-migrator`. */
  readonly name?: string | undefined;
  /** Changing it creates a new password. An integer from 1. Default: `1`. */
  readonly passwordVersion?: number | undefined;
}

/** The user of the services. */
export interface ClusterKubernetesUsersApplicationArgs {
  /** The user's name. Default: `taskrunner-app`. */
  readonly name?: string | undefined;
  /** Changing it creates a new password. An integer from 1. Default: `1`. */
  readonly passwordVersion?: number | undefined;
}

/** The database users. */
export interface ClusterKubernetesUsersArgs {
  /** The user of the migrator. */
  readonly migrator?: ClusterKubernetesUsersMigratorArgs | undefined;
  /** The user of the services. */
  readonly application?: ClusterKubernetesUsersApplicationArgs | undefined;
}

/** A replica set in Kubernetes, which MongoDB's operator runs. */
export interface ClusterKubernetesArgs {
  /** A replica set in Kubernetes, which MongoDB's operator runs. */
  readonly kind: "kubernetes";
  /** The namespace of MongoDB. Default: `rollout.namespace`, with target `helm`. */
  readonly namespace?: string | undefined;
  /** Whether the stack creates the namespace. Default: `false`. */
  readonly createNamespace?: boolean | undefined;
  /** The cluster's domain in host names. Default: `cluster.local`. */
  readonly clusterDomain?: string | undefined;
  /** Whether Pulumi runs in this cluster. Otherwise the stack needs `jobs`. Default: `false`. */
  readonly engineInside?: boolean | undefined;
  /** Whether MongoDB may do without TLS. Default: `false`. */
  readonly allowPlainText?: boolean | undefined;
  /** The registry of every image. Default: MongoDB's. */
  readonly registry?: string | undefined;
  /** The Secret to pull images with. */
  readonly imagePullSecret?: string | undefined;
  /** MongoDB's operator. */
  readonly operator?: ClusterKubernetesOperatorArgs | undefined;
  /** The replica set. */
  readonly resource: ClusterKubernetesResourceArgs;
  /** A map that is merged into the `spec` of the `MongoDBCommunity`, such as `{ statefulSet: { spec: ... } }` for volumes, images and annotations. Lists of named members are merged by name. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  /** The database users. */
  readonly users?: ClusterKubernetesUsersArgs | undefined;
  /** Whether Pulumi refuses to remove the replica set from the stack, or to replace it. Default: `true`. */
  readonly protection?: boolean | undefined;
  /** How long the operator may take until MongoDB runs, in seconds. An integer from 1. Default: `1800`. */
  readonly timeoutSeconds?: number | undefined;
}

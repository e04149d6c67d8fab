import { z } from "zod";
import { wholeNumber, section, text } from "../forms";
import type { Rule } from "../problems";

/** A part of a host name, short enough for the suffixes of pods. */
const label = (maxLength: number) =>
  z.string().regex(new RegExp(`^[a-z]([-a-z0-9]{0,${maxLength - 2}}[a-z0-9])?$`), {
    error: `a name of at most ${maxLength} lower-case letters, digits and -`,
  });

const amount = z.string().regex(/^\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?$/, {
  error: "a quantity of Kubernetes, such as 500m or 2Gi",
});
const amounts = z.record(text, amount);

const operator = section({
  install: z
    .boolean()
    .default(true)
    .describe(
      "Whether the stack installs the operator. If `false`, one must already watch the namespace.",
    ),
  release: text.default("mongodb-kubernetes").describe("The Helm release."),
  chart: text
    .default("mongodb-kubernetes")
    .describe("The chart: a name in `repository`, or a path with a `/`."),
  repository: z
    .string()
    .regex(/^(https?|oci):\/\/./, { error: "an address that begins with https:// or oci://" })
    .default("https://mongodb.github.io/helm-charts")
    .describe("The chart's repository (`https://`) or registry (`oci://`)."),
  version: text.default("1.10.0").describe("The chart's version."),
  values: z.record(text, z.unknown()).default({}).describe("Helm values on top of the stack's."),
});

const tls = section({
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether connections are encrypted. `false` needs `allowPlainText`."),
  certificateSecret: text
    .optional()
    .describe(
      "The Secret with `tls.crt` and `tls.key` for the members' host names. Needed for TLS.",
    ),
  caConfigMap: text
    .optional()
    .describe("The ConfigMap with the CA certificate, `ca.crt`. Needed for TLS."),
});

const resource = section({
  name: label(52)
    .default("taskrunner-mongo")
    .describe("The replica set's name. Changing it creates another, empty replica set."),
  members: wholeNumber(7)
    .refine((count) => count % 2 === 1, {
      error: "1, 3, 5 or 7: an even number does not improve elections",
    })
    .default(3)
    .describe("The number of members: 1, 3, 5 or 7."),
  version: z
    .string()
    .regex(/^([6-9]|[1-9]\d)\.\d+\.\d+$/, { error: "a full version from 6.0.0, such as 8.0.12" })
    .describe("MongoDB's full version, such as `8.0.12`."),
  tls: tls.prefault({}).describe("Encrypted connections."),
  resources: section({
    requests: amounts.optional().describe("What a member requests, such as `{ memory: 4Gi }`."),
    limits: amounts.optional().describe("What a member may use."),
  })
    .optional()
    .describe("CPU and memory of a member."),
});

const user = (name: string, whose: string) =>
  section({
    name: label(40).default(name).describe("The user's name."),
    passwordVersion: wholeNumber().default(1).describe("Changing it creates a new password."),
  })
    .prefault({})
    .describe(`The user of ${whose}.`);

/** A replica set that MongoDB's operator runs. */
export const kubernetesSection = section({
  kind: z
    .literal("kubernetes")
    .describe("A replica set in Kubernetes, which MongoDB's operator runs."),
  namespace: text
    .optional()
    .describe("The namespace of MongoDB. Default: `rollout.namespace`, with target `helm`."),
  createNamespace: z.boolean().default(false).describe("Whether the stack creates the namespace."),
  clusterDomain: text.default("cluster.local").describe("The cluster's domain in host names."),
  engineInside: z
    .boolean()
    .default(false)
    .describe("Whether Pulumi runs in this cluster. Otherwise the stack needs `jobs`."),
  allowPlainText: z.boolean().default(false).describe("Whether MongoDB may do without TLS."),
  registry: text.optional().describe("The registry of every image. Default: MongoDB's."),
  imagePullSecret: text.optional().describe("The Secret to pull images with."),
  operator: operator.prefault({}).describe("MongoDB's operator."),
  resource: resource.describe("The replica set."),
  overrides: z
    .record(text, z.unknown())
    .default({})
    .describe(
      "A map that is merged into the `spec` of the `MongoDBCommunity`, such as `{ statefulSet: { spec: ... } }` for volumes, images and annotations. Lists of named members are merged by name.",
    ),
  users: section({
    migrator: user("taskrunner-migrator", "the migrator"),
    application: user("taskrunner-app", "the services"),
  })
    .prefault({})
    .describe("The database users."),
  protection: z
    .boolean()
    .default(true)
    .describe("Whether Pulumi refuses to remove the replica set from the stack, or to replace it."),
  timeoutSeconds: wholeNumber()
    .default(1_800)
    .describe("How long the operator may take until MongoDB runs, in seconds."),
});

/** Keys that the program sets itself, because log-ins and Jobs depend on them. */
const owned = ["type", "members", "version", "security", "users"];

/** The rules of kind `kubernetes`, in both modes. */
export function kubernetesRules(
  cluster: z.infer<typeof kubernetesSection>,
  { hasJobs, hasNamespace }: Readonly<Record<"hasJobs" | "hasNamespace", boolean>>,
): Rule[] {
  const { enabled, certificateSecret, caConfigMap } = cluster.resource.tls;
  const { migrator, application } = cluster.users;
  return [
    {
      key: "cluster.namespace",
      when: cluster.namespace === undefined && !hasNamespace,
      found: "missing, and rollout has none",
      allowed: "the namespace of MongoDB",
    },
    // An engine outside the cluster would create MongoDB, wait for it and then fail to reach it.
    {
      key: "jobs",
      when: !hasJobs && !cluster.engineInside,
      found: "missing, and only the Kubernetes cluster reaches MongoDB in it",
      allowed: "{ image, ... }, or cluster.engineInside: true if Pulumi runs in that cluster",
    },
    {
      key: "cluster.resource.tls.enabled",
      when: !enabled && !cluster.allowPlainText,
      allowed: "true, or cluster.allowPlainText: true",
    },
    {
      key: "cluster.resource.tls.certificateSecret",
      when: enabled && certificateSecret === undefined,
      allowed: "the Secret with tls.crt and tls.key for the members' host names",
    },
    {
      key: "cluster.resource.tls.caConfigMap",
      when: enabled && caConfigMap === undefined,
      allowed: "the ConfigMap with the authority's ca.crt",
    },
    {
      key: "cluster.users.application.name",
      when: migrator.name === application.name,
      found: `${JSON.stringify(application.name)}, which is the migrator's`,
      allowed: "another name",
    },
    ...owned.map((key) => ({
      key: `cluster.overrides.${key}`,
      when: key in cluster.overrides,
      found: "a key that the stack sets itself",
      allowed: "absent: cluster.resource and cluster.users decide about it",
    })),
  ];
}

import { z } from "zod";
import { section, text } from "../section";

/** A name that is part of host names: of a replica set 52 characters at most, for its pods add to it. */
const label = (most: number) =>
  z.string().regex(new RegExp(`^[a-z]([-a-z0-9]{0,${most - 2}}[a-z0-9])?$`), {
    error: `a name of at most ${most} lower-case letters, digits and -`,
  });

const quantity = (suffixes: string, example: string) =>
  z.string().regex(new RegExp(`^\\d+(\\.\\d+)?(${suffixes})?$`), {
    error: `a quantity of Kubernetes, such as ${example}`,
  });
const bytes = "[kMGTPE]|[KMGTPE]i";
const size = quantity(bytes, "10Gi");
const amounts = z.record(text, quantity(`m|${bytes}`, "500m or 2Gi"));

/** Where the operator comes from; with `install: false` it is there already, and watches the namespace. */
const operator = section({
  install: z.boolean().default(true),
  release: text.default("mongodb-kubernetes"),
  chart: text.default("mongodb-kubernetes"),
  repository: z
    .string()
    .regex(/^(https?|oci):\/\/./, { error: "an address that begins with https:// or oci://" })
    .default("https://mongodb.github.io/helm-charts"),
  version: text.default("1.6.1"),
  values: z.record(text, z.unknown()).default({}),
});

const tls = section({
  enabled: z.boolean().default(true),
  certificateSecret: text.optional(),
  caConfigMap: text.optional(),
});

const storage = section({
  class: text.optional(),
  size: size.default("10Gi"),
  logsSize: size.default("2Gi"),
});

/** Images by whole name, which count before those of the operator. */
const images = section({
  mongod: text.optional(),
  agent: text.optional(),
  versionUpgradeHook: text.optional(),
  readinessProbe: text.optional(),
});

/** The members of the replica set; `version` is MongoDB's. */
const resource = section({
  name: label(52).default("taskrunner-mongo"),
  members: z
    .int()
    .min(1)
    .max(7)
    .refine((count) => count % 2 === 1, { error: "1, 3, 5 or 7: an even number elects no better" })
    .default(3),
  version: z.string().regex(/^([6-9]|[1-9]\d)\.\d+\.\d+$/, {
    error: "a whole version from 6.0.0, such as 8.0.12",
  }),
  tls: tls.prefault({}),
  storage: storage.prefault({}),
  resources: section({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
  podAnnotations: z.record(text, z.string()).default({}),
  images: images.prefault({}),
});

/** A database user: another `passwordVersion` makes a new password. */
const user = (name: string) =>
  section({ name: label(40).default(name), passwordVersion: z.int().min(1).default(1) }).prefault(
    {},
  );

/** A replica set that MongoDB's operator runs in Kubernetes. */
export const kubernetesCluster = section({
  kind: z.literal("kubernetes"),
  kubeconfig: text.optional(),
  context: text.optional(),
  namespace: text.optional(),
  createNamespace: z.boolean().default(false),
  clusterDomain: text.default("cluster.local"),
  engineInside: z.boolean().default(false),
  allowPlainText: z.boolean().default(false),
  registry: text.optional(),
  imagePullSecret: text.optional(),
  operator: operator.prefault({}),
  resource,
  users: section({
    migrator: user("taskrunner-migrator"),
    application: user("taskrunner-app"),
  }).prefault({}),
  protection: z.boolean().default(true),
  timeoutSeconds: z.int().min(1).default(1_800),
});

/** The settings of that kind. */
export type KubernetesClusterSettings = z.infer<typeof kubernetesCluster>;

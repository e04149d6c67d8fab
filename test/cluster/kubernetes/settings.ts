import type { ClusterSettingsOf } from "../../../components/settings";
import { settingsSchema } from "../../../components/settings/schema";

/** The setting `cluster` of that kind, completed by its defaults. */
export function clusterSettings(settings: object): ClusterSettingsOf<"kubernetes"> {
  const chart = "charts/one";
  const rollout = { target: "helm", namespace: "taskrunner", worker: { chart }, web: { chart } };
  const { cluster } = settingsSchema.parse({
    storageMode: "mongo",
    cluster: { kind: "kubernetes", ...settings },
    rollout,
  });
  if (cluster.kind !== "kubernetes") throw new Error(cluster.kind);
  return cluster;
}

/** What the settings ask for where MongoDB is made without TLS. */
export const plainText = {
  allowPlainText: true,
  resource: { version: "8.0.12", tls: { enabled: false } },
};

const claim = (name: string, storage: string) => ({
  metadata: { name },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "fast",
    resources: { requests: { storage } },
  },
});
const overStatefulSet = {
  volumeClaimTemplates: [claim("data-volume", "200Gi"), claim("logs-volume", "5Gi")],
  template: {
    metadata: { annotations: { "sidecar.example.test/inject": "false" } },
    spec: {
      containers: [
        { name: "mongod", image: "registry.example.test/mongod@sha256:1" },
        { name: "mongodb-agent", image: "registry.example.test/agent:1" },
      ],
      initContainers: [
        { name: "mongod-posthook", image: "registry.example.test/hook:1" },
        { name: "mongodb-agent-readinessprobe", image: "registry.example.test/probe:1" },
      ],
    },
  },
};

/** A replica set with every setting that its resource can have. */
export const allSettings = {
  imagePullSecret: "registry-login",
  resource: {
    name: "runs",
    members: 5,
    version: "7.0.21",
    tls: { certificateSecret: "runs-tls", caConfigMap: "site-ca" },
    resources: { requests: { cpu: "500m", memory: "2Gi" }, limits: { memory: "4Gi" } },
  },
  overrides: { statefulSet: { spec: overStatefulSet } },
  users: { migrator: { name: "schema" }, application: { name: "services" } },
};

/** What differs between the runs of a stack. */
export interface Changes {
  readonly storageMode?: "mongo" | "filesystem";
  readonly timeoutSeconds?: number;
  readonly install?: boolean;
  readonly protection?: boolean;
  /** The application's. */
  readonly passwordVersion?: number;
  /** The pods'. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A stack that makes MongoDB on a control plane, with the operator from a chart's folder. */
export function stackSettings(
  site: { readonly kubeconfig: string; readonly namespace: string; readonly chart: string },
  changes: Changes = {},
) {
  const { kubeconfig, namespace, chart } = site;
  const { storageMode = "mongo", timeoutSeconds = 200, install = true } = changes;
  return {
    storageMode,
    kubernetes: { kubeconfig },
    cluster: {
      kind: "kubernetes",
      namespace,
      timeoutSeconds,
      createNamespace: true,
      engineInside: true,
      allowPlainText: true,
      ...(changes.protection !== undefined && { protection: changes.protection }),
      registry: "registry.example.test/mongodb",
      imagePullSecret: "registry-login",
      operator: { install, chart },
      resource: plainText.resource,
      overrides: {
        statefulSet: {
          spec: { template: { metadata: { annotations: changes.annotations ?? {} } } },
        },
      },
      users: { application: { passwordVersion: changes.passwordVersion ?? 1 } },
    },
    rollout: { target: "values", directory: "unused", confirm: "none" },
  };
}

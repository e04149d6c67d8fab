import type { ClusterSettingsOf } from "../../settings";

type Resource = ClusterSettingsOf<"kubernetes">["resource"];

/** The operator's names for the containers of a member. */
const containers = {
  mongod: "mongod",
  agent: "mongodb-agent",
  versionUpgradeHook: "mongod-posthook",
  readinessProbe: "mongodb-agent-readinessprobe",
} as const;

/**
 * What the operator lays over the StatefulSet that it makes: lists are merged by the names in them.
 */
export function statefulSet(resource: Resource, imagePullSecret: string | undefined): object {
  const { storage, podAnnotations } = resource;
  return {
    volumeClaimTemplates: [
      claim("data-volume", storage.size, storage.class),
      claim("logs-volume", storage.logsSize, storage.class),
    ],
    template: {
      ...(Object.keys(podAnnotations).length > 0 && { metadata: { annotations: podAnnotations } }),
      spec: {
        containers: [mongod(resource), ...withImage(resource, "agent")],
        initContainers: [
          ...withImage(resource, "versionUpgradeHook"),
          ...withImage(resource, "readinessProbe"),
        ],
        affinity: { podAntiAffinity: apart(resource.name) },
        ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
      },
    },
  };
}

function claim(name: string, storage: string, storageClass: string | undefined): object {
  return {
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
  };
}

function mongod(resource: Resource): object {
  const [own = { name: containers.mongod }] = withImage(resource, "mongod");
  const { requests, limits } = resource.resources ?? {};
  const amounts = { ...(requests && { requests }), ...(limits && { limits }) };
  return { ...own, ...(resource.resources && { resources: amounts }) };
}

function withImage({ images }: Resource, which: keyof typeof containers) {
  const image = images[which];
  return image === undefined ? [] : [{ name: containers[which], image }];
}

/** Members on one node fall together, and then nothing has a majority. */
function apart(name: string): object {
  const labelSelector = { matchLabels: { app: `${name}-svc` } };
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

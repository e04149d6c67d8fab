// The client types its objects as classes; they are plain data, and are sent as such.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import { basename, dirname } from "node:path";
import type * as Api from "@kubernetes/client-node";
import { labelValue, stepLabel, type ClusterAddress } from "../../kubernetes";
import type { JobsSettings } from "../../settings";

/** Where and how Jobs run. */
export interface JobTarget
  extends ClusterAddress, Omit<JobsSettings, "namespace" | "secret" | "podTemplate"> {
  /** The site's part of the pods' PodTemplateSpec. */
  readonly podTemplate: object;
  /** The Secret and its key that hold the migrator's connection string. */
  readonly secret: { readonly name: string; readonly key: string };
  /** The volume that holds the filesystem state, and the state directory in it; absent without an import. */
  readonly volume?: { readonly name: string; readonly subPath?: string };
  /** `<project>/<stack>`, as the value of a label. */
  readonly stack: string;
}

/** Where a stack's Jobs are, and the time that their pods have to end. */
export type StopAddress = ClusterAddress & Pick<JobTarget, "stack" | "timeoutSeconds">;

export interface JobRequest {
  /** The kind of step as part of names: letters, digits and `-`. */
  readonly kind: string;
  readonly direction: "forward" | "back";
  /** The step's inputs as JSON, without a secret. */
  readonly request: string;
  /** How the volume is mounted. Default: not. */
  readonly state?: "read" | "write";
}

/** The paths of the volume, the request, and the termination message in a pod. */
export const stateRoot = "/state";
const requestFile = "/request/request.json";
const answerFile = "/dev/termination-log";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** The labels of a stack's Jobs and their ConfigMaps. */
export const labels = {
  stack: "taskrunner.stellaops.io/jobs-of",
  step: stepLabel,
  direction: "taskrunner.stellaops.io/direction",
} as const;

/**
 * The Job of a step. Exit status 1 or 3 of the command ends it; a pod that its node loses is replaced.
 *
 * @param nodes the nodes on which its pod has to run; none: any
 */
export function jobOf(
  target: JobTarget,
  asked: JobRequest,
  name: string,
  nodes: readonly string[],
): Api.V1Job {
  const metadata = {
    name,
    labels: {
      "app.kubernetes.io/name": "taskrunner-storage",
      [labels.stack]: labelValue(target.stack),
      [labels.step]: asked.kind,
      [labels.direction]: asked.direction,
    },
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata,
    spec: {
      backoffLimit: 2,
      ttlSecondsAfterFinished: 7 * 24 * 3600,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailJob", onExitCodes: { operator: "In", values: [1, 3] } },
        ],
      },
      template: mergeObjects(
        mergeObjects(defaults, target.podTemplate),
        podTemplate(target, asked, metadata, nodes),
      ) as Api.V1PodTemplateSpec,
    },
  };
}

/** The request of a Job, deleted with it. */
export function configMapOf(
  { request }: JobRequest,
  { metadata = {} }: Api.V1Job,
): Api.V1ConfigMap {
  const { name = "", uid = "" } = metadata;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      ...(metadata.labels && { labels: metadata.labels }),
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid }],
    },
    immutable: true,
    data: { [basename(requestFile)]: request },
  };
}

/** Merges maps, and lists of named members, member by member; otherwise the override wins. */
export function mergeObjects(base: unknown, override: unknown): unknown {
  const members = membersOf(base);
  const overrides = membersOf(override);
  if (!members || !overrides) return override;
  const both = Object.entries(overrides).map(([key, value]) => [
    key,
    key in members ? mergeObjects(members[key], value) : value,
  ]);
  const merged = { ...members, ...(Object.fromEntries(both) as object) };
  return Array.isArray(base) ? Object.values(merged) : merged;
}

// Mounts have the name of a volume, and a path of their own.
function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  const list = value as { readonly name?: string; readonly mountPath?: string }[];
  const named = list.map((one) => [one.mountPath ?? one.name ?? "", one] as const);
  return named.every(([name]) => name !== "") ? Object.fromEntries(named) : undefined;
}

/** The fields that the site's template may change. */
const defaults = {
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: containerName,
        resources: { requests: { cpu: "100m", memory: "256Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  },
};

function podTemplate(
  target: JobTarget,
  asked: JobRequest,
  { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  nodes: readonly string[],
): Api.V1PodTemplateSpec {
  const volume = asked.state && target.volume;
  const state = { claimName: volume?.name ?? "", readOnly: asked.state === "read" };
  // As the DaemonSet controller does, so that the scheduler still looks for room. A field takes one value.
  const nodeSelectorTerms = nodes.map((node) => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [node] }],
  }));
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return {
    metadata: { labels },
    spec: {
      restartPolicy: "Never",
      // Every command may be killed at any moment, and a rollback should not wait.
      terminationGracePeriodSeconds: 5,
      ...(nodes.length > 0 && { affinity: { nodeAffinity } }),
      containers: [container(target, asked)],
      volumes: [
        { name: "tmp", emptyDir: {} },
        { name: "request", configMap: { name } },
        ...(volume ? [{ name: "state", persistentVolumeClaim: state }] : []),
      ],
    },
  };
}

function container(target: JobTarget, { kind, state }: JobRequest): Api.V1Container {
  const { image, volume, secret, ca } = target;
  const subPath = volume?.subPath;
  const caRef = ca && { name: ca.configMap, key: ca.key };
  const mounted = { name: "state", mountPath: stateRoot, readOnly: state === "read", subPath };
  return {
    name: containerName,
    image,
    command: undefined,
    args: ["step", kind, "--request", requestFile, "--answer", answerFile],
    workingDir: "/tmp",
    terminationMessagePath: answerFile,
    // Not the end of the log, which may have secrets.
    terminationMessagePolicy: "File",
    env: [
      { name: "TASKRUNNER_MONGO_URI", valueFrom: { secretKeyRef: { ...secret } } },
      ...(caRef ? [{ name: "TASKRUNNER_MONGO_CA", valueFrom: { configMapKeyRef: caRef } }] : []),
    ],
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      { name: "request", mountPath: dirname(requestFile), readOnly: true },
      ...(state !== undefined && volume !== undefined ? [mounted] : []),
    ],
  } as unknown as Api.V1Container;
}

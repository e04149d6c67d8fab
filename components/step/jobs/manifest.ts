// The client types its objects as classes; they are plain data, and are sent as such.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment, @typescript-eslint/no-misused-spread */
import { basename, dirname } from "node:path";
import type {
  V1Affinity,
  V1ConfigMap,
  V1Container,
  V1EnvVar,
  V1Job,
  V1PodSecurityContext,
  V1PodSpec,
} from "@kubernetes/client-node";
import { containerName } from "./api";
import { noClaim, type ClaimUse } from "./claim";
import { labelValue } from "../../kubernetes";
import type { PodTemplate } from "../../settings";
import { requestFile, stateRoot, type JobRequest, type JobTarget } from "./target";

/** The labels of a stack's Jobs and of what belongs to them. */
export const labels = {
  stack: "taskrunner.stellaops.io/jobs-of",
  step: "taskrunner.stellaops.io/step",
  /** The direction in which the step goes. */
  direction: "taskrunner.stellaops.io/direction",
} as const;

/**
 * The Job of a step, with what the site adds to its pods. It has no time-to-live: one that vanishes
 * could not be told from one that never ran. What the command itself says is final (exit status 1 or 3)
 * ends the Job, because trying again would say the same; a pod that its node loses is replaced.
 *
 * @param name the Job's and its ConfigMap's
 * @param use of the claim with the state
 */
export function jobOf(target: JobTarget, asked: JobRequest, name: string, use = noClaim): V1Job {
  const { pods } = asked;
  const metadata = { name, labels: labelsOf(target, asked) };
  const site = target.podTemplate.metadata;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata,
    spec: {
      backoffLimit: 2,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailJob", onExitCodes: { operator: "In", values: [1, 3] } },
        ],
      },
      ...(pods !== undefined && {
        completionMode: "Indexed",
        completions: pods,
        parallelism: use.isOfOneNode ? 1 : pods,
      }),
      template: {
        metadata: {
          labels: { ...site.labels, ...metadata.labels },
          annotations: { ...site.annotations },
        },
        spec: podSpec(target, asked, name, use),
      },
    },
  };
}

/** What a Job's pods are asked for, which goes when the Job is deleted. */
export function configMapOf({ request }: JobRequest, { metadata = {} }: V1Job): V1ConfigMap {
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

function labelsOf({ stack }: JobTarget, { kind, direction }: JobRequest): Record<string, string> {
  return {
    "app.kubernetes.io/name": "taskrunner-storage",
    [labels.stack]: labelValue(stack),
    [labels.step]: kind,
    [labels.direction]: direction,
  };
}

function podSpec(target: JobTarget, asked: JobRequest, name: string, use: ClaimUse): V1PodSpec {
  const { claim, podTemplate } = target;
  const { containers, securityContext, ...site } = podTemplate.spec;
  const hasState = asked.state !== undefined && claim !== undefined;
  const readOnly = asked.state === "read";
  const state = { claimName: claim?.name ?? "", readOnly };
  return {
    ...(site as Partial<V1PodSpec>),
    restartPolicy: "Never",
    // Every command may be killed at any moment, and a rollback should not wait.
    terminationGracePeriodSeconds: 5,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...userOf(use), ...securityContext },
    ...(use.nodes.length > 0 && { affinity: affinityTo(use.nodes) }),
    containers: [container(target, asked, containers[0])],
    volumes: [
      { name: "tmp", emptyDir: {} },
      { name: "request", configMap: { name } },
      ...(hasState ? [{ name: "state", persistentVolumeClaim: state }] : []),
    ],
  };
}

/** As the services that use the claim. */
function userOf({ user }: ClaimUse): V1PodSecurityContext {
  return {
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
    ...user,
    // A state of many files, in use, is not walked through for each Job.
    ...(user.fsGroup !== undefined && { fsGroupChangePolicy: "OnRootMismatch" }),
  };
}

/**
 * To one of these nodes, by name, as the DaemonSet controller does: the scheduler still looks for room
 * on it. A field has one value; terms are alternatives.
 */
function affinityTo(nodes: readonly string[]): V1Affinity {
  const nodeSelectorTerms = nodes.map((node) => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [node] }],
  }));
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

function container(
  target: JobTarget,
  { kind, state }: JobRequest,
  site: PodTemplate["spec"]["containers"][number] | undefined,
): V1Container {
  const { image, claim, secret, ca } = target;
  const subPath = claim?.subPath === undefined ? {} : { subPath: claim.subPath };
  const mounted = { name: "state", mountPath: stateRoot, readOnly: state === "read", ...subPath };
  return {
    name: containerName,
    image,
    args: ["step", kind, "--request", requestFile],
    // The quarantine file is written to the current folder, and goes with the pod (docs/jobs.md).
    workingDir: "/tmp",
    env: [
      // Of two variables of one name the last one counts.
      fileThreads,
      ...((site?.env ?? []) as unknown as V1EnvVar[]),
      { name: "TASKRUNNER_MONGO_URI", valueFrom: { secretKeyRef: { ...secret } } },
      ...(ca ? [authority(ca)] : []),
    ],
    resources: { requests: { cpu: "100m", memory: "256Mi" }, ...site?.resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      ...site?.securityContext,
    },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      { name: "request", mountPath: dirname(requestFile), readOnly: true },
      ...(state !== undefined && claim !== undefined ? [mounted] : []),
    ],
  };
}

/**
 * A claim is often a volume across a network, where each look at a file takes a millisecond or two: Node's
 * four threads would look at a few hundred runs a second, with the worker stopped.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/cli.html#uv_threadpool_sizesize
 */
const fileThreads: V1EnvVar = { name: "UV_THREADPOOL_SIZE", value: "16" };

function authority({ configMap: name, key }: NonNullable<JobTarget["ca"]>): V1EnvVar {
  return { name: "TASKRUNNER_MONGO_CA", valueFrom: { configMapKeyRef: { name, key } } };
}

// The client types its objects as classes; they are plain data, and are sent as such.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import type * as Api from "@kubernetes/client-node";
import {
  isStatefulSet,
  labelValue,
  nameOf,
  stepLabel,
  variableIn,
  type Controller,
} from "../../kubernetes";
import { environmentKeys, type EnvironmentEntry } from "../environment";
import { withEntries } from "../values/variables";

/** The properties that distinguish the canary from web's own pods. */
export interface CanaryRequest {
  readonly name: string;
  /** The stack's environment, `PROJECT/STACK/INSTANCE`. */
  readonly owner: string;
  /** Web's variables in Mongo mode. */
  readonly environment: readonly EnvironmentEntry[];
  /** Kubernetes ends the pod after this time, even if the program that started it is gone. */
  readonly deadlineSeconds: number;
}

const ownerLabel = "taskrunner.stellaops.io/canary-of";

/** The label selector of an environment's canaries. */
export const canariesOf = (owner: string) => `${ownerLabel}=${labelValue(owner)}`;

/**
 * Builds a pod from web's template with the stack's variables. It has web's labels, so that policies and injection
 * treat it as web, and a readiness gate that is never met, so that no Service, budget or ReplicaSet takes it. It mounts
 * claims read-only.
 *
 * @returns the pod, or the reason if no container is known to read the variables
 */
export function canaryPod(
  web: Controller,
  { name, owner, environment, deadlineSeconds }: CanaryRequest,
): Api.V1Pod | string {
  const { metadata, spec = { containers: [] } } = structuredClone(web.spec?.template) ?? {};
  const readers = chooseReaders(web.spec?.template);
  if (readers.length === 0) return "none of web's containers states one of the stack's variables";
  const labels: Record<string, string> = {
    ...metadata?.labels,
    [ownerLabel]: labelValue(owner),
    [stepLabel]: "canary",
  };
  delete labels["pod-template-hash"];
  const claims = (spec.volumes ?? []).flatMap((one) => {
    if (one.persistentVolumeClaim) one.persistentVolumeClaim.readOnly = true;
    return one.persistentVolumeClaim ? [one.name] : [];
  });
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const port of container.ports ?? []) delete port.hostPort;
    for (const mount of container.volumeMounts ?? [])
      if (claims.includes(mount.name)) mount.readOnly = true;
    if (readers.includes(container.name))
      container.env = withEntries(container.env ?? [], environment) as Api.V1EnvVar[];
  }
  const ofSet = isStatefulSet(web) ? (web.spec?.volumeClaimTemplates ?? []) : [];
  const empty = ofSet.map((one) => ({ name: nameOf(one), emptyDir: {} }));
  // Affinity to other pods does not matter, but web's image may not run on every node.
  const { nodeAffinity } = spec.affinity ?? {};
  delete spec.affinity;
  delete spec.topologySpreadConstraints;
  const changed = {
    ...(nodeAffinity && { affinity: { nodeAffinity } }),
    volumes: [...(spec.volumes ?? []), ...empty],
    restartPolicy: "Never",
    activeDeadlineSeconds: deadlineSeconds,
    terminationGracePeriodSeconds: 5,
    readinessGates: [{ conditionType: "taskrunner.stellaops.io/never" }],
  };
  const annotations = { ...metadata?.annotations, ...leftAloneByArgo };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels, annotations },
    spec: Object.assign(spec, changed),
  };
}

// Argo CD finds its objects by labels, and would delete a pod that has web's labels and is in no file.
const leftAloneByArgo = {
  "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
  "argocd.argoproj.io/sync-options": "Prune=false",
};

/** The containers that read the stack's variables: those that state one, otherwise the only or the default one. */
function chooseReaders(template: Api.V1PodTemplateSpec | undefined): string[] {
  const stating = readersOf(template?.spec);
  if (stating.length > 0) return stating;
  const { containers = [] } = template?.spec ?? {};
  const usual = template?.metadata?.annotations?.["kubectl.kubernetes.io/default-container"];
  const left = containers.filter(({ name }) => containers.length === 1 || name === usual);
  return left.map(({ name }) => name);
}

/** The containers that state one of the stack's variables, init containers first. */
export function readersOf(spec: Api.V1PodSpec | undefined): string[] {
  const states = (one: Api.V1Container) =>
    environmentKeys("web").some((key) => variableIn({ containers: [one] }, key));
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.filter(states).map(({ name }) => name);
}

/** Finds a Service that would route requests to a pod that is not ready. */
export function findPublishing(
  services: readonly Api.V1Service[],
  { metadata }: Api.V1Pod,
): Api.V1Service | undefined {
  return services.find(({ spec }) => {
    const selector = Object.entries(spec?.selector ?? {});
    const isSelected = selector.every(([key, value]) => metadata?.labels?.[key] === value);
    return spec?.publishNotReadyAddresses === true && selector.length > 0 && isSelected;
  });
}

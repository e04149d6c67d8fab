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

/** What the pod has that web's own pods have not. */
export interface CanaryRequest {
  readonly name: string;
  /** The stack's environment, `PROJECT/STACK/INSTANCE`. */
  readonly owner: string;
  /** Web's variables in Mongo mode. */
  readonly environment: readonly EnvironmentEntry[];
  /** After that Kubernetes ends it, whatever became of the program that started it. */
  readonly deadlineSeconds: number;
}

const ownerLabel = "taskrunner.stellaops.io/canary-of";

/** The label selector of an environment's canaries. */
export const canariesOf = (owner: string) => `${ownerLabel}=${labelValue(owner)}`;

/**
 * A pod of web's template with our variables. It has web's labels, so that policies and injection treat it as web, and
 * a condition that nobody sets, so that no Service, budget or ReplicaSet takes it. It writes to no claim.
 *
 * @returns why there is none if nothing says which container reads the variables
 */
export function canaryPod(
  web: Controller,
  { name, owner, environment, deadlineSeconds }: CanaryRequest,
): Api.V1Pod | string {
  const { metadata, spec = { containers: [] } } = structuredClone(web.spec?.template) ?? {};
  const readers = chooseReaders(web.spec?.template);
  if (readers.length === 0) return "none of web's containers states one of our variables";
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
  // Other pods do not count, but a node that web's image cannot run on does.
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

// Argo CD finds what it deploys by labels, and would delete a pod with web's that no file has.
const leftAloneByArgo = {
  "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
  "argocd.argoproj.io/sync-options": "Prune=false",
};

/** The containers that read our variables: those that state one, else the only or the default one. */
function chooseReaders(template: Api.V1PodTemplateSpec | undefined): string[] {
  const stating = readersOf(template?.spec);
  if (stating.length > 0) return stating;
  const { containers = [] } = template?.spec ?? {};
  const usual = template?.metadata?.annotations?.["kubectl.kubernetes.io/default-container"];
  const left = containers.filter(({ name }) => containers.length === 1 || name === usual);
  return left.map(({ name }) => name);
}

/** The containers that state one of our variables, those that run before others first. */
export function readersOf(spec: Api.V1PodSpec | undefined): string[] {
  const states = (one: Api.V1Container) =>
    environmentKeys("web").some((key) => variableIn({ containers: [one] }, key));
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.filter(states).map(({ name }) => name);
}

/** A Service that would lead people to a pod that is not ready. */
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

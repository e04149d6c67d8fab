import type * as Api from "@kubernetes/client-node";
import { formatPrinted, warning } from "../text";
import type { Cluster } from "./client";
import { controllerOf, hasEnded, nameOf } from "./objects";
import { describeApiLocation } from "./request";

/** Marks that distinguish an executor of a drained service from other pods of the namespace. */
export interface ExecutorMarks {
  /** The variable that states the service's mode. */
  readonly variable: string;
  /** The labels of the service's pods. */
  readonly labels: string;
  /** The images, without tag and digest, of the containers that state the mode. */
  readonly images: readonly string[];
  /** The claims that the service's pods mount. */
  readonly claims: readonly string[];
  /** The drained workloads and those of web, by kind and name: their pods are left out. */
  readonly owners: readonly string[];
  /** The labels of pods that are left out (`rollout.ignorePods`). */
  readonly ignored?: string;
}

/** A pod, or a CronJob with the spec of its pods. */
export interface Candidate extends Api.KubernetesObject {
  readonly spec?: Api.V1PodSpec | undefined;
}

/** A pod or CronJob that may execute a service's runs. */
export interface Executor {
  /** Its name, with who creates it. */
  readonly text: string;
  /** The kind of object that creates it; absent if nothing does. */
  readonly creator?: string | undefined;
}

/** The label that a step's Job puts on its pods. */
export const stepLabel = "taskrunner.stellaops.io/step";

/**
 * Finds pods, or CronJobs by the pods that they start, that may execute a service's runs and are not drained. If only
 * the image matches, it warns.
 *
 * @param isKnown excludes further candidates
 * @param areLabelsEnough whether a pod with the service's labels is one of any image
 * @throws ClusterError
 */
export async function findExecutors(
  cluster: Cluster,
  kind: "CronJob" | "Pod",
  { variable, labels, images, claims, owners, ignored }: ExecutorMarks,
  isKnown: (one: Candidate) => boolean,
  areLabelsEnough = false,
): Promise<Executor[]> {
  const uidsOf = async (selector: string) =>
    new Set((await cluster.list(kind, selector)).map(({ metadata }) => metadata?.uid));
  const left = ignored === undefined ? new Set() : await uidsOf(ignored);
  const labelled = await uidsOf(labels);
  const replicaSets = kind === "Pod" ? await cluster.list("ReplicaSet", "") : [];
  const ownerOf = (one: Candidate) => {
    const owner = controllerOf(one);
    const maker = replicaSets.find(({ metadata }) => metadata?.uid === owner?.uid);
    return (maker && controllerOf(maker)) ?? owner;
  };
  const sure: Executor[] = [];
  const likely: Executor[] = [];
  for (const one of await listCandidates(cluster, kind)) {
    const uid = one.metadata?.uid;
    const isStep = one.metadata?.labels?.[stepLabel] !== undefined;
    if (left.has(uid) || isStep || isKnown(one)) continue;
    const { kind: creator, name = "" } = ownerOf(one) ?? {};
    const owner = creator && `${creator} ${name}`;
    if (owner !== undefined && owners.includes(owner)) continue;
    const text = owner === undefined ? nameOf(one) : `${nameOf(one)} (of ${owner})`;
    const { volumes = [] } = one.spec ?? {};
    const hasImage = containersOf(one.spec).some((container) =>
      images.includes(repositoryOf(container)),
    );
    const hasClaim = volumes.some(({ persistentVolumeClaim: claim }) =>
      claims.includes(claim?.claimName ?? ""),
    );
    const isLabelled = labelled.has(uid) && (hasImage || areLabelsEnough);
    const isSure = isLabelled || (hasImage && hasClaim) || variableIn(one.spec, variable);
    if (isSure) sure.push({ text, creator });
    else if (hasImage) likely.push({ text, creator });
  }
  if (likely.length > 0) {
    const text = `The worker's image also runs elsewhere in ${describeApiLocation(cluster.location)}: ${listExecutors(likely)}. Check that it executes no runs there.`;
    console.log(formatPrinted(warning("image-elsewhere", text)));
  }
  return sure;
}

export const listExecutors = (executors: readonly Executor[]) =>
  executors.map(({ text }) => text).join(", ");

async function listCandidates(cluster: Cluster, kind: "CronJob" | "Pod"): Promise<Candidate[]> {
  if (kind === "Pod") return (await cluster.list(kind, "")).filter((pod) => !hasEnded(pod));
  const active = (await cluster.list(kind, "")).filter(({ spec }) => spec.suspend !== true);
  return active.map((one) => {
    const spec = one.spec.jobTemplate.spec?.template.spec;
    const { initContainers = [], containers = [], volumes = [] } = spec ?? {};
    // Any container of a pod that ends may execute runs before the next one begins.
    return Object.assign(one, {
      spec: { containers: [...initContainers, ...containers], volumes },
    });
  });
}

/** The containers of a pod that run beside each other: init containers that stay, and the others. */
export function containersOf(
  spec: Pick<Api.V1PodSpec, "containers" | "initContainers"> | undefined,
): readonly Api.V1Container[] {
  const { initContainers = [], containers = [] } = spec ?? {};
  return [
    ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always"),
    ...containers,
  ];
}

/** A variable of a pod's containers; the last one counts, and .NET ignores the case of its name. */
export function variableIn(
  spec: Pick<Api.V1PodSpec, "containers" | "initContainers"> | undefined,
  name: string,
): Api.V1EnvVar | undefined {
  const variables = containersOf(spec).flatMap(({ env = [] }) => env);
  return variables.findLast((one) => one.name.toLowerCase() === name.toLowerCase());
}

/** The image of a container without tag and digest. */
export const repositoryOf = ({ image = "" }: Api.V1Container) =>
  image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");

import { resolve } from "node:path";
import type {
  BatchV1Api,
  CoreV1Api,
  CoreV1Event,
  CustomObjectsApi,
  KubeConfig,
  RequestContext,
  V1Pod,
  V1ReplicaSet,
  V1Secret,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import { isStatefulSet, type Controller } from "./controllers";
import { nameOf } from "./objects";
import {
  ClusterError,
  fieldManager,
  ifInReach,
  KubeconfigError,
  type ClusterAddress,
  type Place,
  type Request,
} from "./request";
import type { Warning } from "./watch";

/** One request that takes longer has been lost on its way. */
const requestTimeoutMs = 15_000;

/** The same for a brief look, which is over soon where an API drops what it is sent. */
const briefTimeoutMs = 5_000;

/** The API of a cluster, and what every room asks of a namespace. */
export interface Cluster {
  readonly place: Place;
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
  readonly custom: CustomObjectsApi;
  /**
   * An answer, with an error that names the request.
   *
   * @throws ClusterError
   */
  readonly ask: <Answer>(
    verb: Request["verb"],
    resource: Request["resource"],
    answer: Promise<Answer>,
  ) => Promise<Answer>;
  /** Deployments and StatefulSets, each with its kind. @throws ClusterError */
  readonly controllers: (labelSelector?: string) => Promise<Controller[]>;
  /** Merges into a Deployment or StatefulSet; null removes a member. @throws ClusterError */
  readonly patch: (controller: Controller, body: object) => Promise<void>;
  /** @throws ClusterError */
  readonly replicaSets: (labelSelector: string) => Promise<V1ReplicaSet[]>;
  /** Empty if the API refuses: they only say who it was. */
  readonly autoscalers: () => Promise<V2HorizontalPodAutoscaler[]>;
  /** @throws ClusterError */
  readonly pods: (labelSelector: string) => Promise<V1Pod[]>;
  /** @throws ClusterError */
  readonly secrets: (labelSelector: string) => Promise<V1Secret[]>;
  /** The warnings of the last hour or so. @throws ClusterError */
  readonly warnings: () => Promise<Warning[]>;
}

/**
 * The cluster of an address; nothing is asked of it yet.
 *
 * @param timeoutMs of each request
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function clusterAt(
  address: ClusterAddress,
  timeoutMs = requestTimeoutMs,
): Promise<Cluster> {
  // Loaded here: it takes a second, and what looks at no cluster does without.
  const client = await import("@kubernetes/client-node");
  const { namespace } = address;
  const config = loadConfig(new client.KubeConfig(), address);
  const server = config.getCurrentCluster()?.server ?? "";
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [{ pre: within(timeoutMs), post: (response) => Promise.resolve(response) }],
  });
  const core = new client.CoreV1Api(configuration);
  const apps = new client.AppsV1Api(configuration);
  const place = { context: config.getCurrentContext(), server, namespace };
  const ask: Cluster["ask"] = async (verb, resource, answer) => {
    try {
      return await answer;
    } catch (error) {
      throw new ClusterError({ verb, resource }, place, error);
    }
  };
  const list = async <T>(resource: Request["resource"], listing: Promise<{ items: T[] }>) =>
    (await ask("list", resource, listing)).items;
  return {
    ...{ place, core, ask },
    batch: new client.BatchV1Api(configuration),
    custom: new client.CustomObjectsApi(configuration),
    controllers: async (labelSelector = "") => {
      const wanted = { namespace, labelSelector };
      // One after the other: nobody would wait for the second if the first fails.
      const deployments = await list("deployments", apps.listNamespacedDeployment(wanted));
      const sets = await list("statefulsets", apps.listNamespacedStatefulSet(wanted));
      // The API server leaves the kind out of what it lists.
      return [...deployments.map(ofKind("Deployment")), ...sets.map(ofKind("StatefulSet"))];
    },
    patch: async (controller, body) => {
      const merge = client.setHeaderOptions("Content-Type", client.PatchStrategy.MergePatch);
      const one = { namespace, name: nameOf(controller), body, fieldManager };
      await (isStatefulSet(controller)
        ? ask("patch", "statefulsets", apps.patchNamespacedStatefulSet(one, merge))
        : ask("patch", "deployments", apps.patchNamespacedDeployment(one, merge)));
    },
    replicaSets: (labelSelector) =>
      list("replicasets", apps.listNamespacedReplicaSet({ namespace, labelSelector })),
    autoscalers: async () => {
      const autoscaling = new client.AutoscalingV2Api(configuration);
      const listing = autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace });
      return (await ifInReach(() => list("horizontalpodautoscalers", listing))) ?? [];
    },
    pods: (labelSelector) => list("pods", core.listNamespacedPod({ namespace, labelSelector })),
    secrets: (labelSelector) =>
      list("secrets", core.listNamespacedSecret({ namespace, labelSelector })),
    warnings: async () => {
      const listing = core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning" });
      return (await list("events", listing)).map(warning);
    },
  };
}

/**
 * What a brief look at a cluster finds, in a preview too; undefined if the cluster is unreachable or
 * refuses, which is left to the step that works with it.
 */
export function lookBriefly<T>(
  address: ClusterAddress,
  look: (cluster: Cluster) => Promise<T>,
): Promise<T | undefined> {
  return ifInReach(async () => look(await clusterAt(address, briefTimeoutMs)));
}

function ofKind(kind: string) {
  return <T extends { kind?: string }>(object: T): T => Object.assign(object, { kind });
}

function warning(event: CoreV1Event): Warning {
  const { involvedObject, message, lastTimestamp, eventTime, metadata } = event;
  const at: Date = lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? new Date(0);
  return { uid: involvedObject.uid, message, at };
}

function loadConfig(config: KubeConfig, { kubeconfig, context }: ClusterAddress): KubeConfig {
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(resolve(kubeconfig));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "it is not valid";
    throw new KubeconfigError(kubeconfig, `it cannot be read (${code})`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster()) return config;
  const contexts = config.getContexts().map(({ name }) => name);
  const has = contexts.length > 0 ? `it has ${contexts.join(", ")}` : "it has none";
  const wanted = context === undefined ? "no current context" : `no context ${context}`;
  throw new KubeconfigError(kubeconfig, `there is ${wanted} in it, ${has}`);
}

function within(timeoutMs: number) {
  return (request: RequestContext): Promise<RequestContext> => {
    request.setSignal(AbortSignal.timeout(timeoutMs));
    return Promise.resolve(request);
  };
}

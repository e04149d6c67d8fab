import { resolve } from "node:path";
import type {
  AppsV1Api,
  BatchV1Api,
  ConfigurationOptions,
  CoreV1Api,
  CoreV1Event,
  CustomObjectsApi,
  KubeConfig,
  RequestContext,
  V1Deployment,
  V1Pod,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import {
  ClusterError,
  ifInReach,
  KubeconfigError,
  type ClusterAddress,
  type Place,
  type Request,
} from "./request";
import type { Warning } from "./watch";

/** The name under which the API server records what this program changes. */
export const fieldManager = "taskrunner-storage";

/** One request that takes longer has been lost on its way. */
const requestTimeoutMs = 15_000;

/** The same for a look in a preview, which is over soon where an API drops what it is sent. */
export const previewTimeoutMs = 5_000;

/** The API of a cluster, and what every room asks of a namespace. */
export interface Cluster {
  readonly place: Place;
  readonly apps: AppsV1Api;
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
  readonly custom: CustomObjectsApi;
  /** Makes a patch a merge patch. */
  readonly merge: ConfigurationOptions;
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
  readonly controllers: (labelSelector?: string) => Promise<(V1Deployment | V1StatefulSet)[]>;
  /** Empty if the API refuses: they only say who it was. */
  readonly autoscalers: () => Promise<V2HorizontalPodAutoscaler[]>;
  /** @throws ClusterError */
  readonly pods: (labelSelector: string) => Promise<V1Pod[]>;
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
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration(config.getCurrentCluster()?.server ?? "", {}),
    authMethods: { default: config },
    promiseMiddleware: [{ pre: within(timeoutMs), post: (response) => Promise.resolve(response) }],
  });
  const core = new client.CoreV1Api(configuration);
  const apps = new client.AppsV1Api(configuration);
  const place = { context: config.getCurrentContext(), namespace };
  const ask: Cluster["ask"] = async (verb, resource, answer) => {
    try {
      return await answer;
    } catch (error) {
      throw new ClusterError({ verb, resource }, place, error);
    }
  };
  return {
    ...{ place, core, apps, ask: ask },
    batch: new client.BatchV1Api(configuration),
    custom: new client.CustomObjectsApi(configuration),
    merge: client.setHeaderOptions("Content-Type", client.PatchStrategy.MergePatch),
    controllers: async (labelSelector = "") => {
      const wanted = { namespace, labelSelector };
      // One after the other: nobody would wait for the second if the first fails.
      const deployments = apps.listNamespacedDeployment(wanted);
      const { items } = await ask("list", "deployments", deployments);
      const sets = apps.listNamespacedStatefulSet(wanted);
      const others = (await ask("list", "statefulsets", sets)).items;
      // The API server leaves the kind out of what it lists.
      return [...items.map(ofKind("Deployment")), ...others.map(ofKind("StatefulSet"))];
    },
    autoscalers: async () => {
      const autoscaling = new client.AutoscalingV2Api(configuration);
      const listing = autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace });
      const all = () => ask("list", "horizontalpodautoscalers", listing);
      return (await ifInReach(all))?.items ?? [];
    },
    pods: async (labelSelector) => {
      const listing = core.listNamespacedPod({ namespace, labelSelector });
      return (await ask("list", "pods", listing)).items;
    },
    warnings: async () => {
      const listing = core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning" });
      return (await ask("list", "events", listing)).items.map(warning);
    },
  };
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

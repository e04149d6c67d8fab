import { resolve } from "node:path";
import type {
  AppsV1Api,
  CoreV1Api,
  CoreV1Event,
  KubeConfig,
  RequestContext,
  ResponseContext,
  V1Deployment,
  V1Pod,
  V1ReplicaSet,
  V1Secret,
} from "@kubernetes/client-node";
import { ClusterError, KubeconfigError, type Place } from "./errors";
import type { ServiceAddress } from "./inputs";
import type { Warning } from "./obstacle";
import type { Request } from "./rules";

/** The name under which the API server records what these steps change. */
export const fieldManager = "taskrunner-storage";

/** One request that takes longer has been lost on its way. */
const requestTimeoutMs = 15_000;

/** A namespace of a cluster, as far as these steps use it. Each function may throw ClusterError. */
export interface Namespace {
  readonly place: Place;
  deployments(labelSelector?: string): Promise<V1Deployment[]>;
  replicaSets(labelSelector: string): Promise<V1ReplicaSet[]>;
  pods(labelSelector: string): Promise<V1Pod[]>;
  /** The warnings of the last hour or so. */
  readonly warnings: () => Promise<Warning[]>;
  /** Through the scale subresource: an autoscaler pauses at 0. */
  scale(deployment: string, replicas: number): Promise<void>;
  /** A value of null removes the annotation. */
  annotate(deployment: string, name: string, value: string | null): Promise<void>;
  secrets(labelSelector: string): Promise<V1Secret[]>;
  removeSecret(name: string): Promise<void>;
}

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ServiceAddress): Promise<Namespace> {
  // Loaded here: it takes a second, and a preview does without.
  const client = await import("@kubernetes/client-node");
  const { namespace } = address;
  const config = loaded(new client.KubeConfig(), address);
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration(config.getCurrentCluster()?.server ?? "", {}),
    authMethods: { default: config },
    promiseMiddleware: [{ pre: withTimeout, post: unchanged }],
  });
  const apps = new client.AppsV1Api(configuration);
  const core = new client.CoreV1Api(configuration);
  const place = { context: config.getCurrentContext(), namespace };
  const merge = client.setHeaderOptions("Content-Type", client.PatchStrategy.MergePatch);
  return { place, ...readers(apps, core, place), ...writers(apps, core, place, merge) };
}

function readers(apps: AppsV1Api, core: CoreV1Api, place: Place) {
  const { namespace } = place;
  const list = <Item>(resource: Request["resource"], items: Promise<{ items: Item[] }>) =>
    answered({ verb: "list", resource }, place, items).then(({ items }) => items);
  return {
    deployments: (labelSelector = "") =>
      list("deployments", apps.listNamespacedDeployment({ namespace, labelSelector })),
    replicaSets: (labelSelector: string) =>
      list("replicasets", apps.listNamespacedReplicaSet({ namespace, labelSelector })),
    pods: (labelSelector: string) =>
      list("pods", core.listNamespacedPod({ namespace, labelSelector })),
    warnings: async () => {
      const only = { namespace, fieldSelector: "type=Warning" };
      return (await list("events", core.listNamespacedEvent(only))).map(warning);
    },
    secrets: (labelSelector: string) =>
      list("secrets", core.listNamespacedSecret({ namespace, labelSelector })),
  };
}

function warning(event: CoreV1Event): Warning {
  const { involvedObject, message, lastTimestamp, eventTime, metadata } = event;
  const at = lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? new Date(0);
  return { uid: involvedObject.uid, message, at };
}

function writers(
  apps: AppsV1Api,
  core: CoreV1Api,
  place: Place,
  merge: Parameters<AppsV1Api["patchNamespacedDeployment"]>[1],
) {
  const patch = { namespace: place.namespace, fieldManager };
  return {
    scale: async (name: string, replicas: number) => {
      const body = { spec: { replicas } };
      const patching = apps.patchNamespacedDeploymentScale({ ...patch, name, body }, merge);
      await answered({ verb: "patch", resource: "deployments/scale" }, place, patching);
    },
    annotate: async (deployment: string, name: string, value: string | null) => {
      const body = { metadata: { annotations: { [name]: value } } };
      const request = { ...patch, name: deployment, body };
      const patching = apps.patchNamespacedDeployment(request, merge);
      await answered({ verb: "patch", resource: "deployments" }, place, patching);
    },
    removeSecret: async (name: string) => {
      const removing = core.deleteNamespacedSecret({ namespace: place.namespace, name });
      await answered({ verb: "delete", resource: "secrets" }, place, removing);
    },
  };
}

function loaded(config: KubeConfig, { kubeconfig, context }: ServiceAddress): KubeConfig {
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

async function answered<Answer>(
  request: Request,
  place: Place,
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw new ClusterError(request, place, error);
  }
}

function withTimeout(request: RequestContext): Promise<RequestContext> {
  request.setSignal(AbortSignal.timeout(requestTimeoutMs));
  return Promise.resolve(request);
}

function unchanged(response: ResponseContext): Promise<ResponseContext> {
  return Promise.resolve(response);
}

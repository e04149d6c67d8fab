import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type * as Api from "@kubernetes/client-node";
import { describeUnreadable } from "../text";
import { isStatefulSet, nameOf, type Controller } from "./objects";
import {
  ClusterError,
  fieldManager,
  KubeconfigError,
  kinds,
  type ClusterAddress,
  type Kind,
  type ApiLocation,
  type Request,
} from "./request";

/** The fields of an Argo CD Application that say what it deploys, and what its syncs ignore. */
export interface Application extends Api.KubernetesObject {
  readonly spec?: {
    readonly source?: ApplicationSource;
    readonly sources?: readonly ApplicationSource[];
    readonly syncPolicy?: {
      readonly automated?: object | null;
      readonly syncOptions?: readonly string[];
    };
    readonly ignoreDifferences?: readonly object[];
  };
  readonly status?: { readonly sourceType?: string; readonly sourceTypes?: readonly string[] };
}

interface ApplicationSource {
  readonly chart?: string;
  readonly ref?: string;
  readonly targetRevision?: string;
  readonly helm?: {
    readonly valueFiles?: readonly string[];
    readonly values?: string;
    readonly valuesObject?: object;
    readonly parameters?: readonly { readonly name: string; readonly value?: string }[];
  };
}

interface Objects extends Record<Kind, Api.KubernetesObject> {
  Application: Application;
  ConfigMap: Api.V1ConfigMap;
  CronJob: Api.V1CronJob;
  Deployment: Api.V1Deployment;
  Event: Api.CoreV1Event;
  Job: Api.V1Job;
  PersistentVolumeClaim: Api.V1PersistentVolumeClaim;
  Pod: Api.V1Pod;
  ReplicaSet: Api.V1ReplicaSet;
  Secret: Api.V1Secret;
  Service: Api.V1Service;
  StatefulSet: Api.V1StatefulSet;
}

/** A namespace of a cluster. Each function may throw ClusterError. */
export interface Cluster {
  readonly location: ApiLocation;
  readonly read: <K extends Kind>(kind: K, name: string) => Promise<Objects[K]>;
  readonly list: <K extends Kind>(
    kind: K,
    labelSelector: string,
    fieldSelector?: string,
  ) => Promise<Objects[K][]>;
  readonly createConfigMap: (body: Api.V1ConfigMap) => Promise<void>;
  /** With `dryRun` the API server only checks the request. */
  readonly createPod: (body: Api.V1Pod, dryRun?: "All") => Promise<void>;
  /** The last lines that a container of a pod printed. */
  readonly readLog: (pod: string, container: string, tailLines: number) => Promise<string>;
  /** Strict: otherwise the API would drop a misspelt key of the site's template. */
  readonly create: (kind: "Job", body: object) => Promise<Api.V1Job>;
  /** With `Foreground`, what the object owns is deleted first, such as a Job's pods. */
  readonly remove: (kind: Kind, name: string, propagation?: "Foreground") => Promise<void>;
  /** Merges into a Deployment or StatefulSet; null removes a member. */
  readonly patch: (
    controller: Controller,
    body: { metadata: object; spec?: object },
  ) => Promise<void>;
  /** Whether the account may make a request in the namespace. */
  readonly may: (request: Request) => Promise<boolean>;
  /** Deployments and StatefulSets, each with its kind. */
  readonly controllers: (labelSelector?: string) => Promise<Controller[]>;
}

/**
 * The cluster of an address, without a request. If the API is busy (429 or 503), what may be repeated is asked again.
 *
 * @param timeoutMs of each request
 * @throws KubeconfigError
 */
export async function clusterAt(address: ClusterAddress, timeoutMs = 15_000): Promise<Cluster> {
  const { namespace } = address;
  const { location, ask, objects, core, custom, strategy } = await connect(address, timeoutMs);
  const headerOf = (kind: Kind, name: string) => {
    return { apiVersion: kinds[kind][0], kind, metadata: { namespace, name } };
  };
  const list: Cluster["list"] = async <K extends Kind>(
    kind: K,
    labels: string,
    fields?: string,
  ) => {
    const unset = [undefined, undefined, undefined] as const;
    const [apiVersion] = kinds[kind];
    const asked = [apiVersion, kind, namespace, ...unset, fields, labels] as const;
    return (await ask("list", kind, () => objects.list<Objects[K]>(...asked))).items;
  };
  return {
    location,
    list,
    read: (kind, name) => {
      const read = (): Promise<object> => objects.read(headerOf(kind, name));
      return ask("get", kind, read as () => Promise<Objects[typeof kind]>);
    },
    createConfigMap: async (body) => {
      const asked = { namespace, body, fieldManager };
      await ask("create", "ConfigMap", () => core.createNamespacedConfigMap(asked));
    },
    createPod: async (body, dryRun) => {
      const asked = { namespace, body, fieldManager, ...(dryRun && { dryRun }) };
      await ask("create", "Pod", () => core.createNamespacedPod(asked));
    },
    readLog: (name, container, tailLines) => {
      const asked = { name, namespace, container, tailLines };
      return ask("get", "PodLog", () => core.readNamespacedPodLog(asked));
    },
    create: (kind, body) => {
      const [apiVersion, plural] = kinds[kind];
      const [group = "", version = ""] = apiVersion.split("/");
      const options = { fieldManager, fieldValidation: "Strict" };
      const object = { group, version, namespace, plural, body, ...options };
      const create = () => custom.createNamespacedCustomObject(object) as Promise<Api.V1Job>;
      return ask("create", kind, create);
    },
    remove: async (kind, name, propagation) => {
      const unset = [undefined, undefined, undefined, undefined] as const;
      const asked = [headerOf(kind, name), ...unset, propagation] as const;
      await ask("delete", kind, () => objects.delete(...asked));
    },
    patch: async (controller, body) => {
      const kind = isStatefulSet(controller) ? "StatefulSet" : "Deployment";
      const { metadata, ...header } = headerOf(kind, nameOf(controller));
      const { metadata: changed, ...others } = body;
      const merged = { ...header, ...others, metadata: { ...changed, ...metadata } };
      const how = [undefined, undefined, fieldManager, undefined, strategy] as const;
      await ask("patch", kind, () => objects.patch(merged, ...how));
    },
    may: async (request) => {
      const asked = accessReview(request, namespace);
      const review = () => custom.createClusterCustomObject(asked) as Promise<AccessReview>;
      return (await ask(request.verb, request.kind, review)).status?.allowed ?? false;
    },
    controllers: async (labelSelector = "") => {
      // One after the other: if the first fails, no code would wait for a second.
      const deployments = await list("Deployment", labelSelector);
      const sets = await list("StatefulSet", labelSelector);
      // The API server omits the kind of listed objects.
      const ofKind = (kind: string) => (one: Controller) => Object.assign(one, { kind });
      return [...deployments.map(ofKind("Deployment")), ...sets.map(ofKind("StatefulSet"))];
    },
  };
}

interface AccessReview {
  readonly status?: { readonly allowed: boolean };
}

function accessReview({ verb, kind }: Request, namespace: string) {
  const [apiVersion, resource] = kinds[kind];
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  const spec = { resourceAttributes: { namespace, verb, group, resource } };
  const api = { group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews" };
  const body = { apiVersion: `${api.group}/v1`, kind: "SelfSubjectAccessReview", spec };
  return { ...api, body };
}

async function connect(address: ClusterAddress, timeoutMs: number) {
  // Loaded on demand: it takes a second.
  const client = await import("@kubernetes/client-node");
  const config = loadConfig(new client.KubeConfig(), address);
  const server = config.getCurrentCluster()?.server ?? "";
  const pre = (request: Api.RequestContext) => {
    request.setSignal(AbortSignal.timeout(timeoutMs));
    return Promise.resolve(request);
  };
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [{ pre, post: (response) => Promise.resolve(response) }],
  });
  // Without the library's discovery, so that the request itself fails or is refused.
  class Objects extends client.KubernetesObjectApi {
    protected override resource(_: string, kind: string) {
      const found = { kind, name: kinds[kind as Kind][1], singularName: "", verbs: [] };
      return Promise.resolve({ ...found, namespaced: kind !== "Namespace" });
    }
  }
  const { namespace, kubeconfig } = address;
  const named = kubeconfig !== undefined && { kubeconfig };
  const location = { context: config.getCurrentContext(), server, namespace, ...named };
  const ask = async <T>(verb: Request["verb"], kind: Kind, send: () => Promise<T>): Promise<T> => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        return await send();
      } catch (cause) {
        const error = new ClusterError({ verb, kind }, location, cause);
        const pauseMs = retryAfterMs(cause);
        const mayRepeat = verb !== "create" && (error.status === 429 || error.status === 503);
        if (!mayRepeat || Date.now() + pauseMs >= deadline) throw error;
        await sleep(pauseMs);
      }
    }
  };
  return {
    location,
    ask,
    objects: new Objects(configuration),
    core: new client.CoreV1Api(configuration),
    custom: new client.CustomObjectsApi(configuration),
    strategy: client.PatchStrategy.MergePatch,
  };
}

/** How long a busy API asks to wait; a second if it does not say. */
function retryAfterMs(cause: unknown): number {
  const { headers } = cause as { readonly headers?: Readonly<Record<string, string>> };
  const seconds = Number(headers?.["retry-after"]);
  return seconds > 0 ? seconds * 1_000 : 1_000;
}

function loadConfig(
  config: Api.KubeConfig,
  { kubeconfig, context }: ClusterAddress,
): Api.KubeConfig {
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(resolve(kubeconfig));
  } catch (error) {
    throw new KubeconfigError(kubeconfig, `it ${describeUnreadable(error, "it is not valid")}`);
  }
  // The library's own context, for a server on localhost, if it finds no kubeconfig.
  if (config.getCurrentContext() === "loaded-context") throw new KubeconfigError(undefined);
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster()) return config;
  const contexts = config.getContexts().map(({ name }) => JSON.stringify(name));
  const has = contexts.length > 0 ? `it has ${contexts.join(", ")}` : "it has none";
  const wanted = context === undefined ? "no current context" : `no context "${context}"`;
  throw new KubeconfigError(kubeconfig, `there is ${wanted} in it, ${has}`);
}

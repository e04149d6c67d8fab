/** The name under which the API server records what this program changes. */
export const fieldManager = "taskrunner-storage";

/** A namespace of a cluster. */
export interface ClusterAddress {
  /** A file, relative to the project's folder. Default: as kubectl finds it. */
  readonly kubeconfig?: string;
  /** Default: the kubeconfig's current one. */
  readonly context?: string;
  readonly namespace: string;
}

/** Where requests go. */
export interface ApiLocation {
  readonly context: string;
  /** The API server's address. */
  readonly server: string;
  readonly namespace: string;
  /** The file that names it. Default: as kubectl finds it. */
  readonly kubeconfig?: string;
}

export function describeApiLocation({ context, namespace }: Omit<ApiLocation, "server">): string {
  return `namespace ${namespace} of context ${context}`;
}

/**
 * The beginning of a command to print. It names the kubeconfig, because another one may have a context of this name.
 */
export function kubectlAt({ kubeconfig, context, namespace }: Omit<ApiLocation, "server">): string {
  const file = kubeconfig === undefined ? "" : `--kubeconfig ${kubeconfig} `;
  return `kubectl ${file}--context ${context} --namespace ${namespace}`;
}

/** Each kind of object: its API version, and its name in a Role. */
export const kinds = {
  Application: ["argoproj.io/v1alpha1", "applications"],
  ConfigMap: ["v1", "configmaps"],
  CronJob: ["batch/v1", "cronjobs"],
  Deployment: ["apps/v1", "deployments"],
  Event: ["v1", "events"],
  Job: ["batch/v1", "jobs"],
  MongoDBCommunity: ["mongodbcommunity.mongodb.com/v1", "mongodbcommunity"],
  Namespace: ["v1", "namespaces"],
  PersistentVolumeClaim: ["v1", "persistentvolumeclaims"],
  Pod: ["v1", "pods"],
  PodLog: ["v1", "pods/log"],
  ReplicaSet: ["apps/v1", "replicasets"],
  Secret: ["v1", "secrets"],
  Service: ["v1", "services"],
  StatefulSet: ["apps/v1", "statefulsets"],
} as const;

export type Kind = keyof typeof kinds;

/** A request to the API. */
export interface Request {
  /** As a Role has it. */
  readonly verb: "get" | "list" | "create" | "patch" | "delete";
  readonly kind: Kind;
}

/** The API refused a request or did not answer. The message never has a token. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  /** Whether the same request may succeed a moment later. */
  readonly isTransient: boolean;
  /** The HTTP status; undefined without an answer. */
  readonly status: number | undefined;

  constructor(request: Request, location: ApiLocation, cause: unknown) {
    const { verb, kind } = request;
    const status = statusOf(cause);
    const { context, namespace, kubeconfig } = location;
    const asked = `${verb} ${kinds[kind][1]} in `;
    const failed =
      status === undefined
        ? `The Kubernetes API of context ${context} (${describeKubeconfig(kubeconfig)}) is unreachable: ` +
          `${asked}namespace ${namespace} failed`
        : `Kubernetes: ${asked}${describeApiLocation(location)} failed with status ${status}`;
    super(`${failed}: ${describeCause(cause)}. ${advice(status, request, location)}`);
    this.status = status;
    this.isTransient = status === undefined || status === 429 || status >= 500;
  }
}

export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";

  /** @param problem what is wrong with the file; absent if there is no file */
  constructor(file: string | undefined, problem?: string) {
    const found =
      problem === undefined
        ? "There is no kubeconfig: KUBECONFIG is not set, and ~/.kube/config does not exist"
        : `The ${describeKubeconfig(file)} cannot be used: ${problem}`;
    super(`${found}. Check kubeconfig and context in the settings, or the variable KUBECONFIG.`);
  }
}

const describeKubeconfig = (file = "that kubectl would use") => `kubeconfig ${file}`;

// A DOMException has a number below 100, such as 23 if a request timed out.
function statusOf(cause: unknown): number | undefined {
  const { code } = cause as { code?: unknown };
  return typeof code === "number" && code >= 100 ? code : undefined;
}

// Only the server's own words: an error of the client also holds headers.
function describeCause(cause: unknown): string {
  const { body } = cause as { body?: unknown };
  if (statusOf(cause) === undefined) {
    // The cause of `fetch failed` says what failed.
    const error = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return error instanceof Error ? error.message : String(error);
  }
  const silence = "it gave no reason";
  try {
    const answer: unknown = typeof body === "string" ? JSON.parse(body) : body;
    return (answer as { message?: string } | undefined)?.message ?? silence;
  } catch {
    return silence;
  }
}

function advice(status: number | undefined, request: Request, location: ApiLocation): string {
  switch (status) {
    case undefined:
      // Pulumi's provider takes a proxy from the environment, the client only from the kubeconfig.
      return (
        `Check that ${location.server} runs and that this machine can reach it. A proxy counts only as the ` +
        "cluster's proxy-url in that kubeconfig."
      );
    case 401:
      return "Log in again: the credentials of this context are not valid, or have expired.";
    case 403: {
      const [version, resource] = kinds[request.kind];
      const group = version.includes("/") ? version.split("/")[0] : "";
      const rule = `apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${request.verb}"]`;
      return `Give the user of this context a Role in ${location.namespace} with the rule { ${rule} }.`;
    }
    case 404:
      return "Check the namespace and the names in it: they may have been deleted.";
    default:
      return "Fix the cause and run it again: what was done stays, and the rest follows.";
  }
}

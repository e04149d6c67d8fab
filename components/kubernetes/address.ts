/** A namespace on a Kubernetes API. None of it is secret. */
export interface ClusterAddress {
  /** A file; default: as kubectl finds it. A relative path counts from the project's folder. */
  readonly kubeconfig?: string;
  /** Default: the kubeconfig's current one. */
  readonly context?: string;
  readonly namespace: string;
}

/** Where requests go: the kubeconfig's context and the namespace. */
export interface Place {
  readonly context: string;
  readonly namespace: string;
}

/** A place in words. */
export function placeInWords({ context, namespace }: Place): string {
  return `namespace ${namespace} of context ${context}`;
}

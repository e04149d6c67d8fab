import type { RolloutSettings } from "./rollout";

/** A namespace on a Kubernetes API, as settings name it; none of it is secret. */
interface NamespaceSettings {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A namespace on a Kubernetes API; what is not named is left to kubectl's rules. */
interface Address {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
}

/** The address in a section of the settings, completed by that of the releases. */
export function addressIn(own: NamespaceSettings, rollout: RolloutSettings): Address {
  const releases: NamespaceSettings = rollout.target === "helm" ? rollout : {};
  const kubeconfig = own.kubeconfig ?? releases.kubeconfig;
  const context = own.context ?? releases.context;
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    // The settings' rules ask for one.
    namespace: own.namespace ?? releases.namespace ?? "",
  };
}

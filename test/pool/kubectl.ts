import type { KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { execa } from "execa";
import type { ControlPlane } from "../../tools/parts";

/** What tests ask of a control plane, and tell it. */
export interface Kubectl {
  /** The trimmed answer of kubectl. @throws Error with its words */
  readonly kubectl: (...args: string[]) => Promise<string>;
  /** Applies objects one after the other, whoever else set their fields. */
  readonly apply: (...objects: object[]) => Promise<void>;
}

/** The same for any control plane. */
export function kubectlOf(of: Pick<ControlPlane, "kubectl" | "kubeconfig">): Kubectl {
  let objects: Promise<KubernetesObjectApi> | undefined;
  return {
    kubectl: async (...args) => {
      const { stdout } = await execa(of.kubectl, [`--kubeconfig=${of.kubeconfig}`, ...args]);
      return stdout.trim();
    },
    // Without a process: kubectl takes a tenth of a second of CPU for it.
    apply: async (...items) => {
      const { loadYaml, PatchStrategy } = await import("@kubernetes/client-node");
      const api = await (objects ??= objectsOf(of.kubeconfig));
      const options = [undefined, undefined, "test", true, PatchStrategy.ServerSideApply] as const;
      for (const item of items) {
        // Else the client drops what has another name in the API than in its types.
        await api.patch(loadYaml<KubernetesObject>(JSON.stringify(item)), ...options);
      }
    },
  };
}

async function objectsOf(kubeconfig: string): Promise<KubernetesObjectApi> {
  const { KubeConfig, KubernetesObjectApi } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return KubernetesObjectApi.makeApiClient(config);
}

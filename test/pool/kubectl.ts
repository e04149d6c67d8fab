import { execa } from "execa";
import type { ControlPlane } from "../../tools/parts";

/** What tests ask of a control plane, and tell it. */
export interface Kubectl {
  /** The trimmed answer of kubectl. @throws Error with its words */
  readonly kubectl: (...args: string[]) => Promise<string>;
  readonly apply: (...objects: object[]) => Promise<void>;
}

/** The same for any control plane. */
export function kubectlOf(of: Pick<ControlPlane, "kubectl" | "kubeconfig">): Kubectl {
  const run = (args: readonly string[], options: { readonly input?: string } = {}) =>
    execa(of.kubectl, [`--kubeconfig=${of.kubeconfig}`, ...args], options);
  return {
    kubectl: async (...args) => (await run(args)).stdout.trim(),
    apply: async (...items) => {
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      await run(["apply", "--filename=-"], { input });
    },
  };
}

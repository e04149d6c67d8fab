import { join } from "node:path";
import { execa } from "execa";
import { ownNamespaces } from "../../tools/parts/node/probe";
import { policyPrograms } from "../../tools/parts/node/policies";
import type { RealTestNode } from "./real-node";

/** Network policies of a real node that are enforced. */
export interface EnforcedPolicies {
  /** Stops it, and deletes its rules on this machine. */
  stop(): Promise<void>;
}

/** Takes away its rules, and the sets of addresses in them: its own way ends in an error without its other duties. */
const cleanUp = `set -e
for program in iptables ip6tables; do
  $program-save | grep -vE 'KUBE-(ROUTER|NWPLCY|POD-FW)' | $program-restore
done
for name in $(ipset list -n | grep -E '^(inet6:)?KUBE-(SRC|DST)-'); do ipset destroy "$name"; done
`;

/**
 * Enforces the network policies of a real node: its own network plugin enforces none. The rules are this machine's, but match
 * addresses of pods only.
 */
export async function enforcePolicies(node: RealTestNode): Promise<EnforcedPolicies> {
  const { router, environment: env } = await policyPrograms();
  const log = { file: join(node.folder, "kube-router.log") };
  const flags = [
    `--kubeconfig=${node.cluster.kubeconfig}`,
    "--hostname-override=local",
    "--run-firewall=true",
    "--run-router=false",
    "--run-service-proxy=false",
    // Ports of this range would be open to each pod.
    "--service-node-port-range=1-2",
    "--health-port=0",
  ];
  const options = { env, stdout: log, stderr: log };
  const running = execa("unshare", [...ownNamespaces, router, ...flags], options);
  return {
    stop: async () => {
      running.kill("SIGKILL");
      await running.catch(() => undefined);
      await execa("sh", ["-c", cleanUp], { env });
    },
  };
}

import { homedir } from "node:os";
import { join } from "node:path";
import {
  type ControlPlane,
  type ImageContent,
  runningControlPlane,
  say,
  startControlPlane,
} from "../parts";
import { type DevPaths, showPath } from "./places";

/**
 * The stack's control plane: the running one, or a new one that outlives this program. Undefined for a stack
 * without one.
 *
 * @param images makes those of a real node; default: the node is played
 */
export async function clusterOf(
  places: DevPaths,
  images?: () => Promise<ImageContent[]>,
): Promise<ControlPlane | undefined> {
  if (!places.stack.kubernetes) return undefined;
  const directory = places.cluster;
  const running = await runningControlPlane(directory);
  const node = running || !images ? undefined : { images: await images() };
  const lasting = { directory, detached: true };
  const cluster = running ?? (await startControlPlane({ ...lasting, ...(node && { node }) }));
  const kubeconfig = showPath(places, cluster.kubeconfig);
  say(`Kubernetes: https://127.0.0.1:${cluster.port} (kubeconfig ${kubeconfig})`);
  return cluster;
}

/** A kubectl command line with the kubeconfig, relative to the repository. */
export function kubectlFor(places: DevPaths, { kubectl, kubeconfig }: ControlPlane): string {
  const file = kubectl.startsWith(`${homedir()}/`)
    ? join("~", kubectl.slice(homedir().length))
    : kubectl;
  return `${file} --kubeconfig ${showPath(places, kubeconfig)}`;
}

import { ownKubelet } from "../../tools/parts";
import { borrowCluster, type Kubectl } from "../pool";
import { type Image, startKubelet } from ".";

/** A container of a pod, as far as a test states it. */
export interface TestContainer {
  readonly image: string;
  readonly command?: readonly string[];
  readonly imagePullPolicy?: string;
}

/** A control plane with a node that runs containers: played by the tests, or a real one. */
export interface TestNode extends Kubectl {
  readonly kubeconfig: string;
  /** A container that runs a script of Node.js, which gets the pod's `args`. */
  script(text: string): TestContainer;
  /** Annotations of each pod. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What a pod's container prints from now on, also after the pod is gone. */
  follow(pod: string): () => string;
  /** The node's kubelet does nothing until it resumes, as on a node that is unreachable. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** The node that the tests play. */
export async function playedNode(): Promise<TestNode> {
  const cluster = await borrowCluster();
  const { kubeconfig, kubectl, apply } = cluster;
  const program = { entrypoint: [process.execPath, "--eval"] };
  const images = new Map<string, Image>([["script", program]]);
  const kubelet = await startKubelet({ kubeconfig, images });
  return {
    kubeconfig,
    kubectl,
    apply,
    script: (text) => ({ image: "script", command: [...program.entrypoint, text] }),
    annotations: { [ownKubelet.name]: ownKubelet.value },
    follow: (pod) => () => kubelet.logs(pod),
    pause: () => images.set("script", { ...program, trouble: "undying" }),
    resume: () => images.set("script", program),
    stop: async () => {
      await kubelet.stop();
      await cluster.release();
    },
  };
}

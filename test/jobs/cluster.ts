import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JobTarget } from "../../components/step/jobs";
import { ownKubelet } from "../../tools/parts";
import { bundle } from "../../tools/bundle/bundle";
import { claimOn } from "../claim";
import { startKubelet, type Image, type Kubelet } from "../kubelet";
import { borrowCluster, type Kubectl } from "../pool";

/** The commands as our Dockerfile has them, with its user; `commands` runs as the one who runs the tests. */
export const builtImage = "taskrunner-storage";

/** A control plane whose pods are processes of this machine, with the image of our commands. */
export interface JobCluster extends Kubectl {
  readonly kubeconfig: string;
  readonly kubelet: Kubelet;
  /** May change meanwhile; `commands` is the bundle, run by node. */
  readonly images: Map<string, Image>;
  /** Makes a namespace with the Secret `mongo` and the claim `state` on a folder. */
  prepare(namespace: string, uri: string, root: string, accessMode?: string): Promise<void>;
  /** Where and how Jobs run in such a namespace. */
  target(namespace: string, changes?: Partial<JobTarget>): JobTarget;
  stop(): Promise<void>;
}

/** Starts it below a folder; the bundle is made there. */
export async function startJobCluster(folder: string): Promise<JobCluster> {
  const entrypoint = [process.execPath, bundle(join(folder, "bundle"))];
  const images = new Map<string, Image>([
    ["commands", { entrypoint }],
    [builtImage, { entrypoint, user: { uid: 1000, gid: 1000 } }],
  ]);
  const controlPlane = await borrowCluster();
  const { kubeconfig, kubectl, apply } = controlPlane;
  const kubelet = await startKubelet({ kubeconfig, images });
  return {
    kubeconfig,
    kubelet,
    images,
    kubectl,
    apply,
    prepare: async (namespace, uri, root, accessMode = "ReadWriteOnce") => {
      await mkdir(root, { recursive: true });
      await kubectl("create", "namespace", namespace);
      const literal = `--from-literal=connectionString=${uri}`;
      await kubectl("create", "secret", "generic", "mongo", literal, `--namespace=${namespace}`);
      await apply(...claimOn(namespace, { hostPath: { path: root } }, accessMode));
    },
    target: (namespace, changes) => ({
      kubeconfig,
      namespace,
      image: "commands",
      podTemplate: {
        metadata: { annotations: { [ownKubelet.name]: ownKubelet.value } },
      },
      secret: { name: "mongo", key: "connectionString" },
      volume: { name: "state" },
      stack: `test/${namespace}`,
      timeoutSeconds: 60,
      ...changes,
    }),
    stop: async () => {
      await kubelet.stop();
      await controlPlane.release();
    },
  };
}

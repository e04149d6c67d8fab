import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ImageContent,
  nodeAddress,
  nodeLayer,
  startControlPlane,
  type ControlPlane,
} from "../../tools/parts";
import type { TestContainer, TestNode } from "../kubelet/test-node";
import { kubectlOf } from "../pool";
import { processes } from "./processes";

/** A control plane with a real node, and what tests of pods need of it. */
export interface RealTestNode extends TestNode {
  /** The control plane's folder is in it. */
  readonly folder: string;
  readonly cluster: ControlPlane;
  /** The address of this machine on the bridge of its pods. */
  readonly address: string;
}

const image = "localhost/node:1";
const program = "/usr/local/bin/node";

/** Starts it. @param images beside that of Node.js */
export async function realNode(images: readonly ImageContent[] = []): Promise<RealTestNode> {
  const folder = await mkdtemp(join(tmpdir(), "node-"));
  const node = { name: image, layers: [await nodeLayer()], entrypoint: [program] };
  const directory = join(folder, "cluster");
  const cluster = await startControlPlane({ directory, node: { images: [node, ...images] } });
  const kubelet = (await processes()).find(
    ({ line }) => line.startsWith("kubelet\0") && line.includes(`${directory}/`),
  );
  const signal = (name: NodeJS.Signals) => process.kill(kubelet?.pid ?? NaN, name);
  const script = (text: string): TestContainer => ({
    image,
    imagePullPolicy: "Never",
    command: [program, "--eval", text],
  });
  return {
    folder,
    cluster,
    kubeconfig: cluster.kubeconfig,
    ...kubectlOf(cluster),
    address: await nodeAddress(cluster),
    script,
    annotations: {},
    follow: (pod) => {
      let text = "";
      const follow = [`--kubeconfig=${cluster.kubeconfig}`, "logs", "--follow", pod];
      const logs = spawn(cluster.kubectl, follow);
      logs.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      return () => text;
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    stop: async () => {
      await cluster.stop();
      await rm(folder, { recursive: true });
    },
  };
}

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf, longWork } from "../run";
import { type ClusterPaths, writeKubeconfig } from "./files";
import { assertRunning, failure, type RunningProgram } from "./running-program";

/** Time limit in ms for a program to be ready, on a busy machine. */
const limit = 120_000;

/**
 * Waits until a started API server is ready, and writes the kubeconfig.
 *
 * @param started the programs so far, the API server last
 * @throws PartError with the last output of a program that ended or is not ready in time
 */
export async function untilItAnswers(
  kubectl: string,
  places: ClusterPaths,
  port: number,
  started: readonly RunningProgram[],
): Promise<void> {
  const ready = async () => {
    // The API server creates its certificate before it listens.
    if (!existsSync(places.certificate)) return false;
    await writeKubeconfig(places, port);
    return answers(kubectl, places, ["get", "--raw=/readyz"]);
  };
  await until(ready, "kube-apiserver", places, started);
}

/**
 * Deletes the node's lease of an earlier start: a new kwok ignores the node until that lease expires, and a kubelet
 * that works makes it again.
 */
export async function forgetLease(kubectl: string, { kubeconfig }: ClusterPaths): Promise<void> {
  const lease = ["lease/local", "--namespace=kube-node-lease", "--ignore-not-found"];
  await longWork({ program: kubectl, args: [`--kubeconfig=${kubeconfig}`, "delete", ...lease] });
}

/**
 * Waits until controllers and the node work: namespaces have their service account, and the node, which kwok needs to
 * be created, has its lease and is ready.
 *
 * @throws PartError with the last output of a program that ended or does nothing
 */
export async function untilItWorks(
  kubectl: string,
  places: ClusterPaths,
  started: readonly RunningProgram[],
): Promise<void> {
  const { name = "kwok" } = started.at(-1) ?? {};
  const make = [`--kubeconfig=${places.kubeconfig}`, "apply", `--filename=${places.node}`];
  if (name === "kwok") await longWork({ program: kubectl, args: make });
  const account = ["get", "serviceaccount/default", "--namespace=default"];
  await until(() => answers(kubectl, places, account), "kube-controller-manager", places, started);
  const lease = ["get", "lease/local", "--namespace=kube-node-lease"];
  await until(() => answers(kubectl, places, lease), name, places, started);
  const node = ["wait", "node/local", "--for=condition=Ready", "--timeout=1s"];
  await until(() => answers(kubectl, places, node), name, places, started);
}

async function answers(
  kubectl: string,
  { kubeconfig }: ClusterPaths,
  args: string[],
): Promise<boolean> {
  // Without etcd an API server accepts a request and never answers.
  const all = [`--kubeconfig=${kubeconfig}`, "--request-timeout=3s", ...args];
  return (await answerOf(kubectl, ...all)) !== undefined;
}

/** @param name the program that is waited for */
async function until(
  holds: () => Promise<boolean>,
  name: RunningProgram["name"],
  { directory }: ClusterPaths,
  started: readonly RunningProgram[],
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await holds())) {
    await assertRunning(started, directory);
    if (Date.now() > deadline) {
      throw await failure(name, directory, `is not ready in ${limit / 1000} s`);
    }
    await sleep(100);
  }
}

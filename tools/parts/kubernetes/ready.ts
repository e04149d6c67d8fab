import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf, longWork } from "../run";
import { type ClusterPaths, writeKubeconfig } from "./files";
import type { ProgramName } from "./programs";
import { assertRunning, failure, type RunningProgram } from "./running-program";

/** How long a program may take to be ready, in milliseconds: long, for a machine may be busy. */
const limit = 120_000;

/**
 * Waits until an API server that was just started is ready, and writes the kubeconfig.
 *
 * @param started the programs so far, the API server last
 * @throws PartError with the last words of the program that ended or that is not ready in time
 */
export async function untilItAnswers(
  kubectl: string,
  places: ClusterPaths,
  port: number,
  started: readonly RunningProgram[],
): Promise<void> {
  const ready = async () => {
    // The API server makes its certificate before it listens.
    if (!existsSync(places.certificate)) return false;
    await writeKubeconfig(places, port);
    return answers(kubectl, places, ["get", "--raw=/readyz"]);
  };
  await until(ready, "kube-apiserver", places, started);
}

/**
 * Takes away the node's lease of an earlier start: a new kwok leaves the node alone until the lease of
 * the former one is over.
 */
export async function forgetLease(kubectl: string, { kubeconfig }: ClusterPaths): Promise<void> {
  const lease = ["lease/local", "--namespace=kube-node-lease", "--ignore-not-found"];
  await longWork({ program: kubectl, args: [`--kubeconfig=${kubeconfig}`, "delete", ...lease] });
}

/**
 * Makes the node and waits until controllers and kwok do their work: namespaces have their service
 * account, and the node is ready.
 *
 * @throws PartError with the last words of the program that ended or does nothing
 */
export async function untilItWorks(
  kubectl: string,
  places: ClusterPaths,
  started: readonly RunningProgram[],
): Promise<void> {
  const make = [`--kubeconfig=${places.kubeconfig}`, "apply", `--filename=${places.node}`];
  await longWork({ program: kubectl, args: make });
  const account = ["get", "serviceaccount/default", "--namespace=default"];
  await until(() => answers(kubectl, places, account), "kube-controller-manager", places, started);
  const node = ["wait", "node/local", "--for=condition=Ready", "--timeout=1s"];
  await until(() => answers(kubectl, places, node), "kwok", places, started);
}

async function answers(
  kubectl: string,
  { kubeconfig }: ClusterPaths,
  args: string[],
): Promise<boolean> {
  // An API server that has no etcd takes a question and keeps it.
  const all = [`--kubeconfig=${kubeconfig}`, "--request-timeout=3s", ...args];
  return (await answerOf(kubectl, ...all)) !== undefined;
}

/** @param name the program that is waited for */
async function until(
  holds: () => Promise<boolean>,
  name: ProgramName,
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

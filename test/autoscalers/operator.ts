import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freePort, keda } from "../../tools/parts";
import { hasExited, lastWords, startChild } from "../../tools/parts/child";
import { clusterPaths } from "../../tools/parts/kubernetes/files";
import type { TestCluster } from "../rollout/pods/cluster";

/** KEDA's operator on a control plane of the tests. */
export interface RunningOperator {
  /** Deletes the ScaledObjects, which wait for the operator, and stops it. */
  stop(): Promise<void>;
}

/** Applies the definitions of KEDA's kinds and starts its operator on 127.0.0.1. */
export async function startOperator(cluster: TestCluster): Promise<RunningOperator> {
  const { operator, definitions } = await keda();
  await cluster.kubectl("apply", "--server-side", `--filename=${definitions}`);
  const established = "--for=condition=established";
  await cluster.kubectl("wait", "customresourcedefinitions", "--all", established);

  const folder = join(cluster.folder, "keda");
  await copyCertificates(cluster.kubeconfig, folder);
  const log = join(folder, "operator.log");
  const local = async (flag: string) => `--${flag}=127.0.0.1:${await freePort()}`;
  const flags = [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--cert-dir=${folder}`,
    "--enable-prometheus-metrics=false",
    "--zap-encoder=console",
    await local("health-probe-bind-address"),
    await local("metrics-service-bind-address"),
  ];
  // All namespaces; it reads Secrets in one.
  const environment = { WATCH_NAMESPACE: "", KEDA_CLUSTER_OBJECT_NAMESPACE: "default" };
  const child = await startChild([operator, ...flags], { log, environment });
  const stop = async () => {
    if (hasExited(child)) throw new Error(`KEDA's operator has ended. ${await lastWords(log)}`);
    await cluster.kubectl("delete", "scaledobjects", "--all", "--all-namespaces", "--timeout=60s");
    child.kill();
    await once(child, "exit");
  };
  return { stop };
}

/** It wants a certificate for KEDA's metrics server, which is not there: the API server's will do. */
async function copyCertificates(kubeconfig: string, folder: string): Promise<void> {
  const { certificate, certificates } = clusterPaths(dirname(kubeconfig));
  await mkdir(folder);
  for (const name of ["ca.crt", "tls.crt"]) await copyFile(certificate, join(folder, name));
  await copyFile(join(certificates, "apiserver.key"), join(folder, "tls.key"));
}

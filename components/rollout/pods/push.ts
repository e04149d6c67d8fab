import { warning } from "../../contract/finding";
import {
  argoApplicationOf,
  describeController,
  isStatefulSet,
  nameOf,
  tryQuickly,
  type Application,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { tell } from "../../step";
import { PushError, pushFile } from "../values/git";
import { headingOf } from "../values/provider";
import type { DrainInputs } from "./inputs";
import { controllersOf, replicasBefore, type Workload } from "./service";

/**
 * Why Argo CD must not deploy the worker as it does: it deploys each commit that the stack pushes, and would
 * set the replicas of a drained worker back. Undefined if it leaves them alone.
 *
 * @throws ClusterError
 */
export async function findReplicasReset(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  if (inputs.push === undefined) return undefined;
  for (const worker of await controllersOf(cluster, inputs)) {
    const { name = "", namespace = "", isTracked } = argoApplicationOf(worker) ?? {};
    if (name === "") continue;
    const application = await tryQuickly({ ...inputs, namespace }, (cluster) =>
      cluster.read("Application", name),
    );
    const kind = isStatefulSet(worker) ? "StatefulSet" : "Deployment";
    const wanted =
      "syncPolicy.syncOptions: [RespectIgnoreDifferences=true] and ignoreDifferences: " +
      `[{ group: apps, kind: ${kind}, jsonPointers: [/spec/replicas] }]`;
    const found = `Argo CD deploys ${describeController(worker)} by Application ${namespace}/${name}`;
    if (application && !ignoresReplicas(application, worker, kind)) {
      return `${found} and would set its replicas back during the drain. Add to its spec: ${wanted}.`;
    }
    if (!application && isTracked) {
      const text = `${found}, which cannot be read. Check that its spec has ${wanted}.`;
      tell(warning("argo-not-checked", text));
    }
  }
  return undefined;
}

function ignoresReplicas({ spec }: Application, worker: Controller, kind: string): boolean {
  const isRespected = spec?.syncPolicy?.syncOptions?.includes("RespectIgnoreDifferences=true");
  const namespace = worker.metadata?.namespace ?? "";
  return (
    isRespected === true &&
    (spec?.ignoreDifferences ?? []).some(
      (one) =>
        ["apps", "*"].includes(one.group ?? "") &&
        [kind, "*"].includes(one.kind ?? "") &&
        ["", nameOf(worker)].includes(one.name ?? "") &&
        ["", namespace].includes(one.namespace ?? "") &&
        ((one.jsonPointers ?? []).includes("/spec/replicas") ||
          (one.jqPathExpressions ?? []).includes(".spec.replicas")),
    )
  );
}

/**
 * Right before the worker is scaled, each values file is pushed as the branch has it, so that a server that
 * refuses stops the update while both services are at work. A file that the branch lacks is pushed with no
 * variable in it: the mode in force stays.
 *
 * @throws Error if a file cannot be pushed
 */
export async function provePush(
  { push }: DrainInputs,
  workers: readonly Workload[],
): Promise<void> {
  if (push === undefined) return;
  const { files, branch, stack } = push;
  const text = `${headingOf(stack)}\n{}\n`;
  const subject = `Check the right to push (stack ${stack})`;
  for (const file of files) {
    await pushFile({ file, branch, text, subject, isProof: true }).catch((error: unknown) => {
      if (!(error instanceof PushError)) throw error;
      const isStopped = workers.some(({ controller }) => replicasBefore(controller) !== undefined);
      const state = isStopped ? "The worker stays at 0 replicas, and web is" : "Both services are";
      throw new Error(
        `${error.message} ${state} as before. Allow this push, or remove rollout.push and push by hand ` +
          "while pulumi up waits.",
      );
    });
  }
  tell(`${files.join(" and ")} can be pushed to branch ${branch}`);
}

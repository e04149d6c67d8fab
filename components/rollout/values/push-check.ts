import { formatPrinted, warning } from "../../contract/finding";
import {
  argoApplicationOf,
  describeController,
  isStatefulSet,
  tryQuickly,
  nameOf,
  type Application,
  type Controller,
} from "../../kubernetes";
import { kind, type Step, type StepInputs } from "../../step";
import type { ServiceAddress } from "../pods/inputs";
import { controllersOf } from "../pods/service";
import { PushError, pushFile } from "./git";
import { headingOf } from "./provider";

/** Inputs of the proof that values files can be pushed, and where the worker is. None of them is secret. */
export interface PushCheckInputs extends StepInputs, ServiceAddress {
  readonly files: readonly string[];
  readonly branch: string;
  /** The full name of the stack, which a file names. */
  readonly stack: string;
}

export const PushCheck = kind<PushCheckInputs, object>(
  "PushCheck",
  ["rollout", "taskrunner"],
  [],
  [],
);

/**
 * Right before the drain each file is pushed as the branch has it, so that a server that refuses stops the
 * update while both services are at work. A file that the branch lacks is pushed with no variable in it:
 * the mode in force stays. Argo CD must leave the worker's replicas alone, because it deploys each commit.
 */
export const pushCheck: Step<PushCheckInputs, object> = {
  ...PushCheck,
  id: () => "push-check",
  compares: ["files", "branch"],
  refuses: async (inputs) => {
    const reason = await findReplicasReset(inputs);
    if (reason === undefined) return undefined;
    if (inputs.direction !== "back") return { property: "branch", reason };
    // A rollback is not stopped by what was in force since the cutover.
    warn("argo-sets-replicas", reason);
    return undefined;
  },
  forward: provePush,
  back: provePush,
};

async function findReplicasReset(inputs: PushCheckInputs): Promise<string | undefined> {
  const workers = await tryQuickly(inputs, (cluster) => controllersOf(cluster, inputs));
  for (const worker of workers ?? []) {
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
      warn(
        "argo-not-checked",
        `${found}, which cannot be read. Check that its spec has ${wanted}.`,
      );
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

function warn(code: string, text: string): void {
  console.log(formatPrinted(warning(code, text)));
}

async function provePush({ files, branch, stack }: PushCheckInputs): Promise<object> {
  const text = `${headingOf(stack)}\n{}\n`;
  const subject = `Check the right to push (stack ${stack})`;
  for (const file of files) {
    await pushFile({ file, branch, text, subject, isProof: true }).catch((error: unknown) => {
      if (!(error instanceof PushError)) throw error;
      throw new Error(
        `${error.message} Both services are as before. Allow this push, or remove rollout.push, push by hand ` +
          "while pulumi up waits, and run it again.",
      );
    });
  }
  console.log(`${files.join(" and ")} can be pushed to branch ${branch}`);
  return {};
}

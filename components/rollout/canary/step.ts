// The client types its objects as classes; they are plain data.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import { createHash } from "node:crypto";
import { clusterAt, controllersOf, lookAtCluster, type Cluster } from "../../kubernetes";
import {
  kind,
  reportLine,
  unknownValue,
  type MongoInputs,
  type OncePerCutover,
  type Step,
} from "../../step";
import { canaryPod } from "./pod";
import { preparePod, unshown, worksOnMongo, type CanaryTarget } from "./prepare";
import { runPod } from "./run";

export interface CanaryInputs extends CanaryTarget, MongoInputs, OncePerCutover {
  /** The cutover of services that work on MongoDB already; otherwise empty. */
  readonly takenOver?: string;
  /** Web as it is now, which the step observes itself. */
  readonly seen?: ObservedWeb;
}

interface ObservedWeb {
  readonly isOnMongo: boolean;
  /** Hashes of its pods with the stack's variables, and of the version of their Secret. */
  readonly template?: string;
  readonly secret?: string;
  readonly initContainers?: readonly string[];
}

interface CanaryResults {
  /** Whether web worked on MongoDB in the last pod. */
  readonly passed: boolean;
  /** When the last pod began, in ISO 8601, UTC. Since then MongoDB has the changes that web makes at its start. */
  readonly ranAt?: string;
}

/** A pod of web's template that starts on MongoDB while both services work on files, and is removed. */
export const canary: Step<CanaryInputs, CanaryResults> = {
  ...kind<CanaryInputs, CanaryResults>("Canary", ["rollout", "kubernetes"], ["passed", "ranAt"]),
  id: ({ namespace }) => `${namespace}/web/canary`,
  followsServer: true,
  compares: ["cutover"],
  observes: async (inputs, prior) => {
    if (inputs.direction === "back") return prior?.seen ? { seen: prior.seen } : {};
    const found = await lookAtCluster(inputs, (cluster) => observeWeb(cluster, inputs));
    // After its rollout web has another template; what the canary showed is about the former one.
    const seen = found?.isOnMongo === false ? found : { ...prior?.seen, ...found };
    return "isOnMongo" in seen ? { seen: seen as ObservedWeb } : {};
  },
  isDue: ({ seen: shown }, { seen }) =>
    seen?.isOnMongo === false &&
    (shown?.template !== seen.template || shown?.secret !== seen.secret),
  describes: ({ takenOver, seen, namespace }) => {
    const isOnMongo = seen?.isOnMongo === true || (takenOver !== unknownValue && takenOver);
    return seen === undefined || isOnMongo
      ? undefined
      : `Start one pod of web on MongoDB in namespace ${namespace}, then remove it.`;
  },
  forward: async (inputs, state) => {
    const { ranAt } = state ?? {};
    const cluster = await clusterAt(inputs);
    const live = await controllersOf(cluster, inputs);
    if (inputs.takenOver || worksOnMongo(live)) {
      reportLine("canary: left out, because web works on MongoDB already");
      return { passed: false, ...(ranAt && { ranAt }) };
    }
    const prepared = await preparePod(cluster, inputs, live);
    const began = new Date().toISOString();
    const why = typeof prepared === "string" ? prepared : await runPod(cluster, inputs, prepared);
    if (why !== undefined) reportLine(unshown(why));
    return { passed: why === undefined, ranAt: began };
  },
};

async function observeWeb(cluster: Cluster, inputs: CanaryInputs): Promise<ObservedWeb> {
  const live = await controllersOf(cluster, inputs);
  if (worksOnMongo(live)) return { isOnMongo: true };
  const { environment } = inputs;
  const named = environment.flatMap(({ value }) =>
    typeof value === "string" ? [] : [`metadata.name=${value.secretKeyRef.name}`],
  );
  const [secret] = await cluster.list("Secret", "", named.join(","));
  const { uid, resourceVersion } = secret?.metadata ?? {};
  const specs = live.map((web) => {
    const pod = canaryPod(web, { name: "", owner: "", environment, deadlineSeconds: 0 });
    return typeof pod === "string" ? web.spec?.template.spec : pod.spec;
  });
  const init = specs.flatMap((spec) => spec?.initContainers ?? []);
  return {
    isOnMongo: false,
    template: hashOf(specs),
    secret: hashOf({ uid, resourceVersion }),
    ...(init.length > 0 && { initContainers: init.map(({ name }) => name) }),
  };
}

/** A hash that ignores the order of variables, which a rollout or an edit may change. */
function hashOf(value: object): string {
  const text = JSON.stringify(value, (key, member: unknown) =>
    key === "env" && Array.isArray(member)
      ? member.map((one) => JSON.stringify(one)).sort()
      : member,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

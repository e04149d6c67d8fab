import type { EngineCluster } from "../cluster";

/** The parts of the umbrella chart; the gateway is none of ours. */
export const parts = ["worker", "web", "gateway"] as const;
export type Part = (typeof parts)[number];

/** A site whose release of the umbrella chart holds both services. */
export interface UmbrellaSite {
  readonly chart: string;
  readonly release: string;
  /** The pods of a part by name, terminating ones included, each with the mode in its variables. */
  podsOf(part: Part): Promise<Readonly<Record<string, string | undefined>>>;
  modesOf(part: Part): Promise<(string | undefined)[]>;
  /** When the last pod of a part became ready. */
  lastReady(part: Part): Promise<number>;
  /** When the first of a part's pods was created. */
  firstCreated(part: Part): Promise<number>;
  /** Whether web's Deployment is paused: `true` or nothing. */
  paused(): Promise<string>;
  /** The pods of all parts, and Helm's own word of the release. */
  standing(): Promise<object>;
}

/** Installs the umbrella chart as a site does, by its own Helm, and waits until its pods are ready. */
export async function installUmbrella(cluster: EngineCluster): Promise<UmbrellaSite> {
  const chart = __dirname;
  const release = "stella";
  const listPods = async (part: Part) => {
    const labels = `app.kubernetes.io/instance=${release},app.kubernetes.io/component=${part}`;
    const text = await cluster.kubectl("get", "pods", "-l", labels, "-o", "json");
    return (JSON.parse(text) as { items: Pod[] }).items;
  };
  const podsOf = async (part: Part) =>
    Object.fromEntries((await listPods(part)).map((pod) => [pod.metadata.name, modeOf(pod)]));
  await cluster.kubectl("create", "namespace", cluster.namespace);
  await cluster.helm("install", release, chart, "--wait", "--timeout=120s");
  return {
    chart,
    release,
    podsOf,
    modesOf: async (part) => Object.values(await podsOf(part)),
    lastReady: async (part) => {
      const conditions = (await listPods(part)).flatMap(({ status }) => status.conditions);
      const ready = conditions.filter(({ type }) => type === "Ready");
      return Math.max(...ready.map(({ lastTransitionTime }) => Date.parse(lastTransitionTime)));
    },
    firstCreated: async (part) => {
      const pods = await listPods(part);
      return Math.min(...pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
    },
    paused: () =>
      cluster.kubectl("get", `deployment/${release}-web`, "-o", "jsonpath={.spec.paused}"),
    standing: async () => ({
      pods: await Promise.all(parts.map(podsOf)),
      releases: JSON.parse(await cluster.helm("list", "-o", "json")) as unknown,
    }),
  };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
  };
  readonly spec: {
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
}

function modeOf({ spec }: Pod): string | undefined {
  return spec.containers[0]?.env?.find(({ name }) => name.endsWith("__Storage__Mode"))?.value;
}

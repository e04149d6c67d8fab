import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { startControlPlane, type ControlPlane } from "../../tools/parts";

/** A control plane of a test, and the settings of a stack whose services are releases on it. */
export interface TestCluster {
  readonly controlPlane: ControlPlane;
  /** The setting `rollout`, with the site's own values as they stand. */
  readonly rollout: Readonly<Record<string, unknown>>;
  /** Writes what a site's values say of a service. */
  setValues(service: "worker" | "web", values: object): Promise<void>;
  /** The answer of kubectl, in the services' namespace. */
  kubectl(...args: string[]): Promise<string>;
  /** The value of a variable in each pod of a service that is there, terminating ones included. */
  modesOf(service: "worker" | "web"): Promise<string[]>;
}

const namespace = "taskrunner";
const variables = { worker: "Worker__Storage__Mode", web: "TaskRunner__Storage__Mode" };

/** What a site has in its values before anything else: two pods of each service. */
export const siteValues = {
  worker: {
    image: { repository: "example.test/worker", tag: "1" },
    replicaCount: 2,
    env: [{ name: "TZ", value: "UTC" }],
  },
  web: {
    image: { repository: "example.test/web", tag: "1" },
    replicaCount: 2,
    service: { port: 8080 },
  },
};

/**
 * Starts a control plane below a folder, for two services by the project's own chart.
 *
 * @param folder absolute
 */
export async function makeCluster(folder: string): Promise<TestCluster> {
  const controlPlane = await startControlPlane({ directory: join(folder, "cluster") });
  const fileOf = (service: string) => join(folder, "site", `${service}.values.yaml`);
  await mkdir(join(folder, "site"), { recursive: true });
  const setValues = (service: string, values: object) =>
    writeFile(fileOf(service), stringify(values));
  await setValues("worker", siteValues.worker);
  await setValues("web", siteValues.web);
  const kubectl = async (...args: string[]) => {
    const address = ["--kubeconfig", controlPlane.kubeconfig, "--namespace", namespace];
    return (await execa(controlPlane.kubectl, [...address, ...args])).stdout;
  };
  return {
    controlPlane,
    rollout: {
      target: "helm",
      kubeconfig: controlPlane.kubeconfig,
      namespace,
      install: true,
      timeoutSeconds: 60,
      worker: { values: [fileOf("worker")] },
      web: { values: [fileOf("web")] },
    },
    setValues,
    kubectl,
    modesOf: async (service) => {
      const labels = `app.kubernetes.io/instance=taskrunner-${service}`;
      const { items } = JSON.parse(
        await kubectl("get", "pods", "-l", labels, "-o", "json"),
      ) as Pods;
      return items.map(({ spec }) => modeIn(spec.containers[0]?.env, service));
    },
  };
}

interface Pods {
  readonly items: readonly {
    readonly spec: {
      readonly containers: readonly { readonly env?: readonly Variable[] }[];
    };
  }[];
}
interface Variable {
  readonly name: string;
  readonly value?: string;
}

function modeIn(env: readonly Variable[] = [], service: "worker" | "web"): string {
  return env.find(({ name }) => name === variables[service])?.value ?? "";
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { stringify } from "yaml";
import { helm } from "../../tools/parts";
import { type BorrowedCluster, borrowCluster } from "../pool";

export type SiteService = "worker" | "web";

/** The two services of a site on a control plane, and the settings of a stack for them. */
export interface TestSite {
  readonly namespace: string;
  /** The name of a service's release, and of its Deployment. */
  readonly releases: Readonly<Record<SiteService, string>>;
  /** The files with what the site's values say. */
  readonly valuesFiles: Readonly<Record<SiteService, string>>;
  /** The setting `rollout`, with the site's own values as they stand. */
  readonly kubernetes: { readonly kubeconfig: string };
  readonly rollout: Readonly<Record<string, unknown>>;
  /** Writes what a site's values say of a service. */
  setValues(service: SiteService, values: object): Promise<void>;
  /** The answer of kubectl, in the services' namespace. */
  kubectl(...args: string[]): Promise<string>;
  /** The answer of the site's own Helm there. */
  helm(...args: string[]): Promise<string>;
  /** The value of a variable in each pod of a service that is there, terminating ones included. */
  modesOf(service: SiteService): Promise<string[]>;
  /** The names of a service's pods, terminating ones included. */
  podsOf(service: SiteService): Promise<string[]>;
  /** How many replicas each service's Deployment asks for. */
  replicas(): Promise<Readonly<Record<SiteService, number>>>;
  /** Kills a Helm that upgrades a service to another tag of its image, while it waits for the pods. */
  killHelm(service: SiteService, tag: string): Promise<void>;
}

/** A control plane of a test, with the site for whose services most tests use it. */
export interface EngineCluster extends TestSite {
  readonly controlPlane: BorrowedCluster;
}

/** The chart of both services. */
const chart = "examples/chart";

const variables = { worker: "Worker__Storage__Mode", web: "TaskRunner__Storage__Mode" };

/** What a site has in its values before anything else: two pods of each service. */
export const clusterSiteValues = {
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
export async function makeCluster(folder: string): Promise<EngineCluster> {
  const controlPlane = await borrowCluster();
  return { controlPlane, ...(await makeEngineSite(controlPlane, folder, "taskrunner")) };
}

/**
 * Writes the values of a site whose two services are releases `PREFIX-worker` and `PREFIX-web`.
 *
 * @param folder absolute
 */
export async function makeEngineSite(
  controlPlane: BorrowedCluster,
  folder: string,
  namespace: string,
  prefix = "taskrunner",
): Promise<TestSite> {
  const { kubeconfig } = controlPlane;
  const directory = join(folder, "sites", `${namespace}-${prefix}`);
  await mkdir(directory, { recursive: true });
  const releases = { worker: `${prefix}-worker`, web: `${prefix}-web` };
  const valuesFiles = {
    worker: join(directory, "worker.values.yaml"),
    web: join(directory, "web.values.yaml"),
  };
  const setValues = (service: SiteService, values: object) =>
    writeFile(valuesFiles[service], stringify(values));
  await setValues("worker", clusterSiteValues.worker);
  await setValues("web", clusterSiteValues.web);
  const kubectl = (...args: string[]) => controlPlane.kubectl("--namespace", namespace, ...args);
  const siteHelm = async (...args: string[]) => {
    const address = ["--kubeconfig", kubeconfig, "--namespace", namespace];
    return (await execa(await helm(), [...address, ...args])).stdout;
  };
  const ofService = async (service: SiteService) => {
    const labels = `app.kubernetes.io/instance=${releases[service]}`;
    const found = await kubectl("get", "pods", "-l", labels, "-o", "json");
    return (JSON.parse(found) as Pods).items;
  };
  const replicasOf = async (service: SiteService) => {
    const number = "jsonpath={.spec.replicas}";
    return Number(await kubectl("get", `deployment/${releases[service]}`, "-o", number));
  };
  return {
    namespace,
    releases,
    valuesFiles,
    kubernetes: { kubeconfig },
    rollout: {
      target: "helm",
      namespace,
      install: true,
      timeoutSeconds: 60,
      worker: { release: releases.worker, chart, values: [valuesFiles.worker] },
      web: { release: releases.web, chart, values: [valuesFiles.web] },
    },
    setValues,
    kubectl,
    helm: siteHelm,
    modesOf: async (service) =>
      (await ofService(service)).map(({ spec }) => modeIn(spec.containers[0]?.env, service)),
    podsOf: async (service) =>
      (await ofService(service)).map(({ metadata }) => metadata.name).sort(),
    replicas: async () => ({ worker: await replicasOf("worker"), web: await replicasOf("web") }),
    killHelm: async (service, tag) => {
      const args = [releases[service], chart, "--set-string", `image.tag=${tag}`];
      const address = ["--kubeconfig", kubeconfig, "--namespace", namespace];
      // What the stack had set stays, as in an upgrade by the stack itself.
      const options = ["--reuse-values", "--wait"];
      const upgrade = execa(await helm(), ["upgrade", ...args, ...address, ...options], {
        reject: false,
      });
      const pending = ["get", "secrets", "-l", "owner=helm,status=pending-upgrade", "-o", "name"];
      await expect
        .poll(() => kubectl(...pending), { timeout: 30_000 })
        .toContain(releases[service]);
      upgrade.kill("SIGKILL");
      await upgrade;
    },
  };
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly containers: readonly { readonly env?: readonly Variable[] }[];
    };
  }[];
}
interface Variable {
  readonly name: string;
  readonly value?: string;
}

function modeIn(env: readonly Variable[] = [], service: SiteService): string {
  return env.find(({ name }) => name === variables[service])?.value ?? "";
}

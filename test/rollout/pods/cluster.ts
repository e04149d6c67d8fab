import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import type { StorageMode } from "../../../components/settings";
import { ownKubelet } from "../../../tools/parts";
import { borrowCluster, type Kubectl } from "../../pool";

/** A workload of a test: the worker, of a Helm release of the same name. */
export interface TestWorkload {
  /** Default: a Deployment. */
  readonly kind?: "Deployment" | "StatefulSet";
  /** Default: `worker`, as the release. */
  readonly name?: string;
  /** The label `app` of it and its pods; default: its name. */
  readonly app?: string;
  readonly replicas?: number;
  /** What it states; default: `filesystem`. */
  readonly mode?: StorageMode | "nothing";
  readonly image?: string;
  readonly strategy?: "Recreate" | "RollingUpdate";
  /** Its pods are left to the test, which plays their kubelet. */
  readonly own?: boolean;
  readonly graceSeconds?: number;
  /** What each pod asks for, such as `1Gi`. */
  readonly memory?: string;
  /** Whether each pod of a StatefulSet has a claim of its own. */
  readonly claims?: boolean;
  /** The claim that its pods mount. */
  readonly claim?: string;
}

/** What is scaled, and under which name. */
export interface Scaling {
  readonly workload?: string;
  readonly manager?: string;
}

/** A control plane for a file of tests; each test has a namespace of its own. */
export interface TestCluster extends Kubectl {
  readonly kubeconfig: string;
  /** The API server's, on 127.0.0.1. */
  readonly port: number;
  readonly folder: string;
  /** Applies a workload of release `worker` in a namespace, which is made where it is not there. */
  deploy(namespace: string, deployed?: TestWorkload): Promise<void>;
  /** Waits until a workload's pods are all available; default: those of the Deployment `worker`. */
  available(namespace: string, workload?: string): Promise<void>;
  /** The names of a namespace's pods, terminating ones included. */
  pods(namespace: string): Promise<string[]>;
  /** The same once there are so many. */
  untilPods(namespace: string, count: number): Promise<string[]>;
  /** Starts a pod that no workload has, as soon as the API takes one in its namespace. */
  run(namespace: string, name: string, ...args: string[]): Promise<void>;
  /** Scales a workload as somebody does; default: the Deployment `worker`, by kubectl. */
  scale(namespace: string, replicas: number, by?: Scaling): Promise<void>;
  /** Changes the mode that a Deployment states; `null` takes its variable away. */
  setMode(namespace: string, mode: string | null, name?: "worker" | "web"): Promise<void>;
  /** Writes the administrator's kubeconfig for another port of the API server. @returns the file */
  kubeconfigAt(port: number): Promise<string>;
  /** Replicas and recorded replicas of a workload, as `0 2`. */
  replicas(namespace: string, workload?: string): Promise<string>;
  /** Sets a pod's status as its kubelet would. */
  status(namespace: string, pod: string, status: object): Promise<void>;
  /** Ends a pod as its kubelet would. */
  end(namespace: string, pod: string): Promise<void>;
  stop(): Promise<void>;
}

/** What a file's tests work with. */
export interface Current {
  readonly cluster: TestCluster;
  /** The lines that the code printed in this test. */
  readonly printed: readonly string[];
}

/** Starts a control plane before a file's tests and stops it after them; what they say is kept. */
export function clusterForTests(): Current {
  const current = {} as { cluster: TestCluster; printed: string[] };
  beforeAll(async () => {
    current.cluster = await startCluster();
  });
  afterAll(() => current.cluster.stop());
  beforeEach(() => {
    current.printed = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => current.printed.push(line));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return current;
}

/** Starts a control plane in a folder of its own. */
async function startCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), "pods-"));
  const running = await borrowCluster();
  const { kubeconfig, port, kubectl, apply } = running;
  const of = (namespace: string) => `--namespace=${namespace}`;
  const recorded = "{.metadata.annotations.taskrunner\\.stellaops\\.io/replicas-before-drain}";
  const podsOf = async (namespace: string) => {
    const names = "jsonpath={.items[*].metadata.name}";
    const text = await kubectl("get", "pods", of(namespace), "--output", names);
    return text === "" ? [] : text.split(" ");
  };
  return {
    kubeconfig,
    port,
    folder,
    kubectl,
    apply,
    deploy: async (namespace, deployed) => {
      const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      await apply(space, workload(namespace, deployed));
    },
    available: async (namespace, workload = "deployment/worker") => {
      const wait = ["rollout", "status", workload, "--timeout=20s"];
      await kubectl(...wait, of(namespace));
    },
    pods: podsOf,
    untilPods: (namespace, count) =>
      vi.waitFor(async () => {
        const names = await podsOf(namespace);
        expect(names).toHaveLength(count);
        return names;
      }, 10_000),
    run: async (namespace, name, ...args) => {
      const image = args.some((one) => one.startsWith("--image=")) ? [] : ["--image=none"];
      await vi.waitFor(() => kubectl("run", name, ...image, ...args, of(namespace)), 10_000);
    },
    scale: async (namespace, replicas, { workload = "deployment/worker", manager } = {}) => {
      const asked = [workload, of(namespace)];
      const patch = `--patch={"spec":{"replicas":${replicas}}}`;
      const under = ["--type=merge", `--field-manager=${manager}`, patch];
      if (manager === undefined) await kubectl("scale", ...asked, `--replicas=${replicas}`);
      else await kubectl("patch", ...asked, "--subresource=scale", ...under);
    },
    setMode: async (namespace, mode, name = "worker") => {
      const variable = mode === null ? `${modeKeys[name]}-` : `${modeKeys[name]}=${mode}`;
      await kubectl("set", "env", `deployment/${name}`, variable, of(namespace));
    },
    kubeconfigAt: async (other) => {
      const file = join(folder, `port-${other}.kubeconfig`);
      const usual = await readFile(kubeconfig, "utf8");
      await writeFile(file, usual.replaceAll(`:${port}`, `:${other}`));
      return file;
    },
    replicas: (namespace, workload = "deployment/worker") => {
      const both = `jsonpath={.spec.replicas} ${recorded}`;
      return kubectl("get", workload, of(namespace), "--output", both);
    },
    status: async (namespace, pod, status) => {
      const patch = `--patch=${JSON.stringify({ status })}`;
      await kubectl("patch", `pod/${pod}`, of(namespace), "--subresource=status", patch);
    },
    end: async (namespace, pod) => {
      await kubectl("delete", `pod/${pod}`, of(namespace), "--grace-period=0", "--force");
    },
    stop: async () => {
      await running.release();
      await rm(folder, { recursive: true });
    },
  };
}

const modeKeys = { worker: "Worker__Storage__Mode", web: "TaskRunner__Storage__Mode" };

function workload(namespace: string, deployed: TestWorkload = {}): object {
  const { kind = "Deployment", name = "worker", replicas = 1, mode = "filesystem" } = deployed;
  const { image = `registry.example.org/${name}:1`, strategy = "Recreate", app = name } = deployed;
  const { own = false, graceSeconds = 30, memory = "1Mi", claims = false } = deployed;
  const labels = { app };
  const key = modeKeys[name === "web" ? "web" : "worker"];
  const env = mode === "nothing" ? [] : [{ name: key, value: mode }];
  const annotations = own ? { [ownKubelet.name]: ownKubelet.value } : {};
  const volume = { name: "state", persistentVolumeClaim: { claimName: deployed.claim } };
  const spec = {
    ...(deployed.claim !== undefined && { volumes: [volume] }),
    terminationGracePeriodSeconds: graceSeconds,
    containers: [{ name: "main", image, env, resources: { requests: { memory } } }],
  };
  const claim = {
    metadata: { name: "state" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const ofSet = { serviceName: "worker", ...(claims && { volumeClaimTemplates: [claim] }) };
  const ofKind = kind === "Deployment" ? { strategy: { type: strategy } } : ofSet;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: {
      name,
      namespace,
      labels: { ...labels, "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "worker" },
    },
    spec: {
      replicas,
      ...ofKind,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, "app.kubernetes.io/instance": "worker" }, annotations },
        spec,
      },
    },
  };
}

/** The note of Helm on a revision of a release. */
export function revisionOf(namespace: string, release: string, status: string, version = 1) {
  const labels = { owner: "helm", name: release, version: String(version), status };
  const metadata = { name: `sh.helm.release.v1.${release}.v${version}`, namespace, labels };
  return { apiVersion: "v1", kind: "Secret", metadata };
}

/** A status of a pod that runs and is ready. */
export const ready = {
  phase: "Running",
  conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" })),
};

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Service } from "../../components/rollout";
import { helm, repository } from "../../tools/parts";
import { migrate } from "../transfer/database";
import { documentOptions } from "../contract/options";
import { type Kubelet, startKubelet } from "../kubelet";
import { serverForTests } from "../server";
import { FileJournal } from "./file-journal";
import { FileStore } from "./file-store";
import { findFaults } from "./findings";
import { eventsOf, type Journal } from "./journal";
import { MongoStore } from "./mongo-store";
import { foldersIn, standInImages, standInValues, type StandInOptions } from "./pods";
import type { Store } from "./store";
import { type BorrowedCluster, borrowCluster } from "../pool";

const current = serverForTests();
const minutes = 60_000;
const runs = 4;
let cluster: BorrowedCluster;
let kubelet: Kubelet;

const run = async (program: string, args: readonly string[]) =>
  (await promisify(execFile)(program, args)).stdout.trim();
const kubectl = (...args: string[]) =>
  run(cluster.kubectl, [`--kubeconfig=${cluster.kubeconfig}`, ...args]);

beforeAll(async () => {
  cluster = await borrowCluster();
  const images = await standInImages(current.folder);
  kubelet = await startKubelet({ kubeconfig: cluster.kubeconfig, images });
});
afterAll(async () => {
  await kubelet.stop();
  await cluster.release();
});

async function install(service: Service, namespace: string, options: StandInOptions) {
  const values = join(current.folder, `${namespace}-${service}.yaml`);
  await writeFile(values, stringify(standInValues(service, options)));
  await run(await helm(), [
    "upgrade",
    "--install",
    service,
    join(repository, "examples/chart"),
    `--kubeconfig=${cluster.kubeconfig}`,
    `--namespace=${namespace}`,
    `--values=${values}`,
  ]);
}

async function onFiles(options: StandInOptions): Promise<[StandInOptions, Store]> {
  await mkdir(options.root, { recursive: true });
  return [options, new FileStore(foldersIn(options.root))];
}

async function onMongo(options: StandInOptions): Promise<[StandInOptions, Store]> {
  const database = current.client.db("pods");
  await migrate(database);
  const literal = `--from-literal=uri=${current.server.uri}`;
  await kubectl("create", "secret", "generic", "mongo", literal, "--namespace=mongo");
  const { collections } = documentOptions;
  const connectionSecret = { name: "mongo", key: "uri" };
  const mongo = { database: "pods", collections, connectionSecret };
  return [{ ...options, mongo }, new MongoStore(database, collections)];
}

/** Scales the worker to nothing and back; what it did in between. */
async function drained(namespace: string, journal: Journal): Promise<number> {
  const scale = (to: number) =>
    kubectl("scale", "deployment/worker", `--replicas=${to}`, `--namespace=${namespace}`);
  await scale(0);
  const pods = "--selector=app.kubernetes.io/instance=worker";
  await kubectl("wait", "pod", pods, "--for=delete", "--timeout=60s", `--namespace=${namespace}`);
  const before = eventsOf(journal, "executed").length;
  await sleep(1_000);
  const after = eventsOf(journal, "executed").length;
  await scale(1);
  return after - before;
}

test.each([
  ["files", onFiles],
  ["mongo", onMongo],
])(
  "web and worker as pods on %s bring every run to its end, the worker drained in between",
  async (namespace, prepare) => {
    await kubectl("create", "namespace", namespace);
    const folder = join(current.folder, namespace);
    const journal = new FileJournal(join(folder, "journal"));
    const own = {
      root: join(folder, "state"),
      journal: join(folder, "journal"),
      runs,
      pauseMs: 300,
    };
    const [options, store] = await prepare(own);
    for (const service of ["worker", "web"] as const) await install(service, namespace, options);
    const executed = () => eventsOf(journal, "executed").length;
    await vi.waitFor(() => {
      expect(executed()).toBeGreaterThan(0);
    }, minutes);
    expect(await drained(namespace, journal)).toBe(0);
    const ended = () => eventsOf(journal, "ended").length;
    await vi.waitFor(() => {
      expect(ended()).toBeGreaterThanOrEqual(runs);
    }, minutes);
    expect(await findFaults(store, journal)).toEqual([]);
    const workers = new Set(eventsOf(journal, "executed").map(({ by }) => by));
    expect(workers.size).toBe(2);
  },
  3 * minutes,
);

// The client types its objects as classes; they are plain data.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { clusterAt, type Cluster } from "../../components/kubernetes";

/** Each request as a line, with its body. */
const asked: { line: string; type: string | undefined; body: unknown }[] = [];
let answer: { status: number; body: unknown };
let cluster: Cluster;
let folder: string;

const server = createServer((request: IncomingMessage, response) => {
  void text(request).then((body) => {
    asked.push({
      line: `${request.method ?? ""} ${decodeURIComponent(request.url ?? "")}`,
      type: request.headers["content-type"],
      body: body && (JSON.parse(body) as unknown),
    });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
});

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  folder = await mkdtemp(join(tmpdir(), "client-"));
  const kubeconfig = join(folder, "kubeconfig");
  const context = { cluster: "played", user: "played" };
  const insecure = { "insecure-skip-tls-verify": true };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "played",
    clusters: [{ name: "played", cluster: { server: `http://127.0.0.1:${port}`, ...insecure } }],
    users: [{ name: "played", user: { token: "t" } }],
    contexts: [{ name: "played", context }],
  };
  await writeFile(kubeconfig, stringify(config));
  cluster = await clusterAt({ kubeconfig, namespace: "apps" });
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
});

const lines = () => asked.map(({ line }) => line);
const path = "/apis/apps/v1/namespaces/apps";

it("asks for objects by their labels, and for nothing else", async () => {
  const creationTimestamp = "2026-01-01T00:00:00Z";
  const items = [{ metadata: { name: "a", creationTimestamp }, spec: { replicas: 2 } }];
  answer = { status: 200, body: { apiVersion: "apps/v1", kind: "ReplicaSetList", items } };
  const [found] = await cluster.list("ReplicaSet", "app in (a,b)");
  expect(found?.metadata?.creationTimestamp).toEqual(new Date(creationTimestamp));
  expect(found?.spec?.replicas).toBe(2);
  answer = { status: 200, body: { apiVersion: "v1", kind: "Namespace", metadata: { uid: "u" } } };
  expect((await cluster.read("Namespace", "kube-system")).metadata?.uid).toBe("u");
  expect(lines()).toEqual([
    `GET ${path}/replicasets?labelSelector=app+in+(a,b)`,
    "GET /api/v1/namespaces/kube-system",
  ]);
});

it("reads a resource that the library has no type of", async () => {
  const found = { spec: { members: 3 }, status: { phase: "Running" } };
  const apiVersion = "mongodbcommunity.mongodb.com/v1";
  answer = { status: 200, body: { apiVersion, kind: "MongoDBCommunity", metadata: {}, ...found } };
  expect(await cluster.read("MongoDBCommunity", "taskrunner")).toMatchObject(found);
  expect(lines()).toEqual([`GET /apis/${apiVersion}/namespaces/apps/mongodbcommunity/taskrunner`]);
});

it("merges a change, with null for what is to go", async () => {
  answer = { status: 200, body: { apiVersion: "apps/v1", kind: "StatefulSet" } };
  const set = { kind: "StatefulSet", metadata: { name: "worker" } };
  const annotations = { "a/b": null, c: "1" };
  await cluster.patch(set, { metadata: { annotations }, spec: { replicas: 0 } });
  expect(lines()).toEqual([`PATCH ${path}/statefulsets/worker?fieldManager=taskrunner-storage`]);
  expect(asked[0]?.type).toBe("application/merge-patch+json");
  expect(asked[0]?.body).toEqual({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    spec: { replicas: 0 },
    metadata: { name: "worker", namespace: "apps", annotations },
  });
});

it("creates a Job strictly, and deletes it after its pods", async () => {
  answer = { status: 200, body: { apiVersion: "batch/v1", kind: "Job" } };
  const job = { apiVersion: "batch/v1", kind: "Job", spec: { misspelt: true } };
  await cluster.create("Job", job);
  await cluster.remove("Job", "a", "Foreground");
  await cluster.remove("Secret", "b");
  const data = { request: "{}" };
  await cluster.createConfigMap({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
    data,
  });
  const jobs = "/apis/batch/v1/namespaces/apps/jobs";
  expect(lines()).toEqual([
    `POST ${jobs}?fieldManager=taskrunner-storage&fieldValidation=Strict`,
    `DELETE ${jobs}/a?propagationPolicy=Foreground`,
    "DELETE /api/v1/namespaces/apps/secrets/b",
    "POST /api/v1/namespaces/apps/configmaps?fieldManager=taskrunner-storage",
  ]);
  expect(asked[0]?.body).toEqual(job);
  expect(asked[3]?.body).toMatchObject({ data, metadata: { name: "a" } });
});

it("asks whether a pod could be created, reads the end of its log, and finds its events", async () => {
  answer = { status: 200, body: { apiVersion: "v1", kind: "Pod" } };
  const pod = { metadata: { name: "a" } };
  await cluster.createPod(pod, "All");
  await cluster.createPod(pod);
  await cluster.readLog("a", "main", 20);
  answer = { status: 200, body: { apiVersion: "v1", kind: "EventList", items: [] } };
  await cluster.list("Event", "", "involvedObject.name=a");
  const core = "/api/v1/namespaces/apps";
  expect(lines()).toEqual([
    `POST ${core}/pods?dryRun=All&fieldManager=taskrunner-storage`,
    `POST ${core}/pods?fieldManager=taskrunner-storage`,
    `GET ${core}/pods/a/log?container=main&tailLines=20`,
    `GET ${core}/events?fieldSelector=involvedObject.name=a&labelSelector=`,
  ]);
  answer = { status: 403, body: { kind: "Status", message: "no logs for you" } };
  await expect(cluster.readLog("a", "main", 20)).rejects.toThrow('resources: ["pods/log"]');
});

it("names the request that was refused, and the rule that it needs", async () => {
  answer = { status: 403, body: { kind: "Status", message: "no pods for you" } };
  await expect(cluster.list("Pod", "")).rejects.toThrow(
    /list pods .* 403: no pods .*\[""\], .*\["pods"\]/,
  );
  await expect(cluster.controllers()).rejects.toThrow('apiGroups: ["apps"], resources: ["deploy');
  answer = { status: 404, body: { kind: "Status", message: "no such claim" } };
  await expect(cluster.read("PersistentVolumeClaim", "a")).rejects.toThrow(
    /get persistentvolumeclaims .* 404: no such claim\./,
  );
});

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { databaseAt } from "../../components/mongo";
import { runJob, stopOthers, type JobTarget } from "../../components/step/jobs";
import { freePort, ownKubelet } from "../../tools/parts";
import { generateSample } from "../../tools/sample";
import { disguisedServer } from "../cluster/disguised-server";
import { kubeconfigOf } from "../account";
import { jobsRules } from "../rights";
import { serverForTests } from "../server";
import { startJobCluster, type JobCluster } from "./cluster";
import { bulkPassRequest, migrationRequest } from "./requests";

vi.setConfig({ testTimeout: 120_000 });

const current = serverForTests();
let cluster: JobCluster;
let printed: string[];

beforeAll(async () => {
  cluster = await startJobCluster(current.folder);
  cluster.images.set("for-ever", { entrypoint: forEver });
});
afterAll(() => cluster.stop());
beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});

const forEver = [process.execPath, "--eval", "setInterval(() => {}, 1000)", "--"];
const rootOf = (namespace: string) => join(current.folder, "states", namespace);
const prepare = (namespace: string, accessMode?: string) =>
  cluster.prepare(namespace, `${current.server.uri}/${namespace}`, rootOf(namespace), accessMode);
/** Runs a step as a Job, and gives what each pod printed. */
const runs = (target: JobTarget, asked = migrationRequest()) => runJob(target, asked);

/** The error of a Job. */
const failed = async (running: Promise<unknown>) =>
  running.then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
const jobs = (namespace: string) =>
  cluster.kubectl("get", "jobs", `--namespace=${namespace}`, "--output=name");

const untilNoJob = (namespace: string) =>
  vi.waitUntil(async () => (await jobs(namespace)) === "", { timeout: 30_000 });
/** Until a line says it of the test's only Job. */
const untilPodRuns = () =>
  vi.waitFor(() => {
    expect(printed.join("\n")).toMatch(/1 to go: pod \S+ \(running/);
  }, 30_000);

it("a migration is the answer of its pod, asked by its ConfigMap", async () => {
  await prepare("schema");
  const answer = await runs(cluster.target("schema"), migrationRequest({ runs: "my_runs" }));
  const appliedAt = expect.stringMatching(/^2/) as string;
  expect(answer).toEqual({
    lines: [],
    results: { appliedAt, blockedBy: "", takenOver: "", location: expect.any(String) as string },
  });
  const names = (await current.client.db("schema").listCollections().toArray()).map(
    ({ name }) => name,
  );
  expect(names.sort()).toEqual(
    [
      "my_runs",
      "pack_run_approvals",
      "pack_run_logs",
      "pack_artifacts",
      "schema_migrations",
    ].sort(),
  );
  const [, job = ""] = (await jobs("schema")).split("/");
  expect(printed.at(0)).toMatch(`job ${job}: created in namespace schema of context `);
  expect(printed.at(-1)).toBe(`job ${job}: complete`);
  await cluster.kubectl("delete", `job/${job}`, "--namespace=schema");
  await vi.waitFor(async () => {
    const left = ["get", "configmaps", "--namespace=schema", "--output=name"];
    expect(await cluster.kubectl(...left)).not.toContain(job);
  }, 20_000);
});

it("a pod that fails is named with its error, without the connection string", async () => {
  const uri = `mongodb://user:hidden@127.0.0.1:${current.server.port}/failing`;
  await cluster.prepare("failing", uri, rootOf("failing"));
  const text = await failed(runs(cluster.target("failing")));
  expect(text).toMatch(/^Job taskrunner-ledger-claim-\w+ failed in namespace failing of context /);
  expect(text).toMatch(
    /\nPod taskrunner-ledger-claim-\S+ ended \(Error, exit code 1\):\n {2}MongoDB at \S+ refused the user/,
  );
  expect(text).not.toMatch(/hidden|user:/);

  const prints = "console.error('lost', process.env.TASKRUNNER_MONGO_URI); process.exit(1)";
  cluster.images.set("prints", { entrypoint: [process.execPath, "--eval", prints, "--"] });
  const shown = await failed(runs(cluster.target("failing", { image: "prints" })));
  expect(shown).toMatch(/\nPod \S+ .*exit code 1\):\n/);
  expect([shown, ...printed].join("\n")).not.toMatch(/hidden|user:/);
  const pods = ["get", "pods", "--namespace=failing", "--output=yaml"];
  expect(await cluster.kubectl(...pods)).not.toMatch(/hidden|user:/);
});

it("is over when its own container is, whatever sidecars do", async () => {
  await prepare("mesh");
  const target = cluster.target("mesh", { timeoutSeconds: 20 });
  const { podTemplate } = target;
  const containers = [{ name: "istio-proxy", image: "proxy:1" }];
  const meshed = { ...target, podTemplate: { ...podTemplate, spec: { containers } } };

  expect(await runs(meshed)).toMatchObject({ results: { blockedBy: "" } });
  await untilNoJob("mesh");
  cluster.images.set("fails", {
    entrypoint: [process.execPath, "--eval", "process.exit(1)", "--"],
  });
  const text = await failed(runs({ ...meshed, image: "fails" }));
  expect(text).toMatch(/: container \S+ of pod \S+ failed\nPod \S+ .*exit code 1\)/);
});

it("a misspelt key of the site's template is refused", async () => {
  await prepare("misspelt");
  const target = cluster.target("misspelt");
  const podTemplate = { ...target.podTemplate, spec: { nodeSelectors: { pool: "data" } } };

  expect(await failed(runs({ ...target, podTemplate }))).toMatch(/unknown field .*nodeSelectors/);
  expect(await jobs("misspelt")).toBe("");
});

it("data issues fail the Job at once, described", async () => {
  await prepare("issues");
  await current.client
    .db("issues")
    .collection("pack_run_logs")
    .insertMany([1, 2].map((_id) => ({ _id, runId: "r", sequence: 1 })) as never);
  const text = await failed(runs(cluster.target("issues")));
  expect(text).toMatch(/unique index pack_run_logs_run_sequence /);
  const pods = await cluster.kubectl("get", "pods", "--namespace=issues", "--output=name");
  expect(pods.split("\n")).toHaveLength(1);
});

it("a step of another version is refused by the pod, with what to do", async () => {
  await prepare("version");
  const { request, ...asked } = migrationRequest();
  const other = { ...(JSON.parse(request) as object), version: "0.0.1" };
  const older = { ...asked, request: JSON.stringify(other) };
  expect(await failed(runs(cluster.target("version"), older))).toMatch(
    /has version \S+, .* needs version 0\.0\.1\./,
  );
});

it("an image that cannot be had is named after the time-out, and its Job is deleted", async () => {
  await prepare("unpullable");
  const target = cluster.target("unpullable", { image: "none", timeoutSeconds: 2 });
  const text = await failed(runs(target));
  expect(text).toMatch(
    /had no running pod for 2 s, and was deleted:\npod \S+: Pending, ErrImagePull, .*none/,
  );
  await untilNoJob("unpullable");
});

it("a Job of the same step that was left behind is stopped before a new one", async () => {
  await prepare("again");
  const left = runs(cluster.target("again", { image: "for-ever" }));
  const gone = failed(left);
  await untilPodRuns();
  await runs(cluster.target("again"));
  expect(printed.join("\n")).toMatch(/^job \S+: stopped, /m);
  expect(await gone).toContain("status 404");
  expect((await jobs("again")).split("\n")).toHaveLength(1);
});

it("an interruption deletes the Job, and ends the wait for it", async () => {
  await prepare("interrupted");
  const interruption = new AbortController();
  const target = cluster.target("interrupted", { image: "for-ever" });
  const running = failed(runJob(target, migrationRequest(), interruption.signal));
  await untilPodRuns();
  interruption.abort(new Error("interrupted"));
  expect(await running).toBe("interrupted");
  await untilNoJob("interrupted");
});

it("a Job of the other direction is stopped, and one of the same goes on", async () => {
  await prepare("turned");
  const target = cluster.target("turned", { image: "for-ever" });
  const gone = failed(runs(target));
  await untilPodRuns();
  const [job = ""] = (await jobs("turned")).split("\n");

  await stopOthers(target, "forward");
  expect(await jobs("turned")).toBe(job);
  await stopOthers(target, "back");
  expect(await gone).toContain("status 404");
  expect(await jobs("turned")).toBe("");
});

it("pods that do not end are named after the time-out, whether their Job runs or is stopped", async () => {
  await prepare("lost");
  cluster.images.set("on-lost-node", { entrypoint: forEver, trouble: "undying" });
  const target = cluster.target("lost", { image: "on-lost-node", timeoutSeconds: 2 });
  const running = failed(runs(target));
  await untilPodRuns();
  await cluster.kubectl("delete", "pods", "--all", "--namespace=lost", "--wait=false");
  expect(await running).toMatch(/no running pod for 2 s, .*:\npod \S+: terminating/);

  expect(await failed(runs(target))).toMatch(
    /^Job \S+ was deleted, .* 2 s, .*:\npod \S+: terminating/,
  );
  cluster.images.set("on-lost-node", { entrypoint: forEver });
});

it("trusts the authority in a ConfigMap, and no server of another", async () => {
  await prepare("tls");
  const { certificate, port, stop } = await tlsInFront(current.server.port);
  const uri = `mongodb://127.0.0.1:${port}/tls?tls=true`;
  const of = "--namespace=tls";
  const secret = ["secret", "generic", "by-tls", `--from-literal=connectionString=${uri}`];
  await cluster.kubectl("create", ...secret, of);
  await cluster.kubectl("create", "configmap", "site-ca", `--from-file=ca.crt=${certificate}`, of);
  const byTls = { secret: { name: "by-tls", key: "connectionString" } };
  const ca = { configMap: "site-ca", key: "ca.crt" };

  expect(await runs(cluster.target("tls", { ...byTls, ca }))).toMatchObject({
    results: { appliedAt: expect.any(String) as string },
  });
  // As a pod connects without it, which takes half a minute.
  const without = databaseAt({ uri, database: "tls" }, { selectionTimeoutMs: 1_000 });
  await expect(without).rejects.toThrow(/127\.0\.0\.1:\d+ failed: .*certificate/);
  await stop();
});

/** A member with TLS in front of another one, with the certificate that the API server made. */
async function tlsInFront(port: number) {
  const certificates = join(dirname(cluster.kubeconfig), "certificates");
  const certificate = join(certificates, "apiserver.crt");
  const [cert, key] = await Promise.all(
    [certificate, join(certificates, "apiserver.key")].map((file) => readFile(file)),
  );
  const own = await freePort();
  // The driver goes on to the members that the answer names.
  const host = `127.0.0.1:${own}`;
  const hosts = [`127.0.0.1:${own}`];
  const member = await disguisedServer(port, { hello: { hosts, me: host, primary: host } });
  const server = createServer({ cert, key }, (socket) => {
    const behind = connect(member.port, "127.0.0.1");
    for (const one of [socket, behind]) one.on("error", () => undefined);
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((listening) => server.listen(own, "127.0.0.1", listening));
  const stop = () => {
    server.close();
    return member.stop();
  };
  return { certificate, port: own, stop };
}

it("a container that cannot start ends the wait, although a sidecar runs beside it", async () => {
  await prepare("stuck-sidecar");
  const podTemplate = {
    metadata: { annotations: { [ownKubelet.name]: ownKubelet.value } },
    spec: { containers: [{ name: "istio-proxy", image: "proxy:1" }], nodeSelector: { no: "node" } },
  };
  const target = cluster.target("stuck-sidecar", { timeoutSeconds: 3, podTemplate });
  const running = failed(runs(target));
  const pods = ["get", "pods", "--namespace=stuck-sidecar", "--output=name"];
  const pod = await vi.waitUntil(() => cluster.kubectl(...pods), { timeout: 30_000 });
  const status = (name: string, state: object) => {
    return { name, image: name, imageID: "", ready: false, restartCount: 0, state };
  };
  const containerStatuses = [
    status("taskrunner-storage", { waiting: { reason: "ImagePullBackOff" } }),
    status("istio-proxy", { running: { startedAt: new Date().toISOString() } }),
  ];
  const patch = JSON.stringify({ status: { phase: "Pending", containerStatuses } });
  const of = ["--namespace=stuck-sidecar", "--subresource=status", `--patch=${patch}`];
  await cluster.kubectl("patch", pod, ...of);

  expect(await running).toMatch(/had no running pod for 3 s, and was deleted/);
});

it("a Job whose ConfigMap is refused is not left behind", async () => {
  await prepare("quota");
  const hard = { "count/configmaps": "0" };
  const metadata = { name: "none", namespace: "quota" };
  await cluster.apply({ apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard } });
  const isCounted = () =>
    cluster.kubectl("get", "quota/none", "--namespace=quota", "--output=jsonpath={.status.hard}");
  await vi.waitUntil(isCounted, { timeout: 30_000 });

  expect(await failed(runs(cluster.target("quota")))).toMatch(/create configmaps .* 403/s);
  await untilNoJob("quota");
});

it("is asked for no more than the rules allow", async () => {
  await generateSample(rootOf("allowed"), { runs: 20 });
  await prepare("allowed", "ReadWriteMany");
  const kubeconfig = await kubeconfigOf(
    { ...cluster, folder: current.folder },
    "allowed",
    jobsRules,
  );
  await runs(cluster.target("allowed", { kubeconfig }));
  expect(await runs(cluster.target("allowed", { kubeconfig }), bulkPassRequest)).toMatchObject({
    results: { report: { runs: { inserted: 20 } } },
  });

  const { request, ...asked } = migrationRequest();
  const older = { ...asked, request: request.replace(/"version":"[^"]*"/, '"version":"0.0.1"') };
  expect(await failed(runs(cluster.target("allowed", { kubeconfig }), older))).toMatch(
    /\n {2}.* needs version 0\.0\.1\./,
  );
  await cluster.kubectl("delete", "rolebinding/deployer", "--namespace=allowed");
  expect(await failed(runs(cluster.target("allowed", { kubeconfig })))).toMatch(
    /list jobs in namespace allowed .* 403.*\["batch"\]/s,
  );
});

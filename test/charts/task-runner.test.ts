import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { helm } from "../../tools/parts";
import { deployment, lint, objects, render, sampleValues, type Values } from "./task-runner";
import { type BorrowedCluster, borrowCluster } from "../pool";

let folder: string;

beforeAll(async () => {
  // Where it is missing it is built, which takes longer than a test may.
  await helm();
  folder = await mkdtemp(join(tmpdir(), "chart-"));
});
afterAll(() => rm(folder, { recursive: true }));

const everyCase = [
  ["worker", "filesystem"],
  ["worker", "mongo"],
  ["web", "filesystem"],
  ["web", "mongo"],
] as const;

const worker = () => sampleValues("worker", "mongo");
const renderWorker = (values: Values) => render(values, "worker", folder);

describe("the sample values", () => {
  test.each(everyCase)("of %s in %s mode pass helm lint", async (service, mode) => {
    expect(await lint(await sampleValues(service, mode), folder)).toContain("0 chart(s) failed");
  });

  test("make the worker's old pod go before the new one comes", async () => {
    const text = await renderWorker(await worker());
    expect([...objects(text).keys()].sort()).toEqual(["Deployment", "ServiceAccount"]);
    expect(deployment(text).spec.strategy).toEqual({ type: "Recreate" });
  });

  test("make web roll behind a Service", async () => {
    const text = await render(await sampleValues("web", "mongo"), "web", folder);
    expect(objects(text).get("Service")?.metadata.name).toBe("taskrunner-web");
    expect(deployment(text).spec.strategy.type).toBe("RollingUpdate");
    const container = deployment(text).spec.template.spec.containers[0];
    expect(container?.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
    expect(container?.readinessProbe).toEqual({ tcpSocket: { port: "http" } });
  });

  test("give the settings to the container as they stand", async () => {
    const values = await worker();
    const container = deployment(await renderWorker(values)).spec.template.spec.containers[0];
    expect(container?.env).toEqual(values.env);
    expect(values.env).toContainEqual({
      name: "Worker__Storage__Mongo__ConnectionString",
      valueFrom: { secretKeyRef: { name: "taskrunner-mongo", key: "connectionString" } },
    });
  });
});

describe("a value", () => {
  test("replicaCount of null leaves the number to an autoscaler", async () => {
    const values = await worker();
    expect(deployment(await renderWorker(values)).spec.replicas).toBe(1);
    const left = deployment(await renderWorker({ ...values, replicaCount: null }));
    expect(left.spec).not.toHaveProperty("replicas");
  });

  test("replicaCount of 0 is none", async () => {
    const text = await renderWorker({ ...(await worker()), replicaCount: 0 });
    expect(deployment(text).spec.replicas).toBe(0);
  });

  test("image.digest wins over the tag", async () => {
    const values = await worker();
    const digest = `sha256:${"a".repeat(64)}`;
    const text = await renderWorker({ ...values, image: { ...values.image, digest } });
    expect(deployment(text).spec.template.spec.containers[0]?.image).toBe(
      `registry.example.org/stellaops/taskrunner-worker@${digest}`,
    );
  });

  test("that is unknown is refused", async () => {
    const values = { ...(await worker()), replicas: 2 };
    await expect(renderWorker(values)).rejects.toThrow(/replicas/);
  });

  test("image without tag and digest is refused with what is needed", async () => {
    const image = { repository: "registry.example.org/worker" };
    await expect(renderWorker({ ...(await worker()), image })).rejects.toThrow(
      "neither image.digest nor image.tag is set",
    );
  });
});

describe("a connection string", () => {
  const password = "the-password";
  const uri = `mongodb://user:${password}@db.example.org/taskrunner`;

  test.each(["Worker__Storage__Mongo__ConnectionString", "WORKER__STORAGE__MONGO__DATABASE"])(
    "as text of %s is refused, and not repeated",
    async (name) => {
      const values = await worker();
      const env = [{ name, value: uri }];
      const refusal: unknown = await renderWorker({ ...values, env }).catch((e: unknown) => e);
      expect(String(refusal)).toContain("values don't meet the specifications of the schema");
      expect(String(refusal)).not.toContain(password);
    },
  );

  test("from anywhere but a Secret is refused", async () => {
    const name = "Worker__Storage__Mongo__ConnectionString";
    const valueFrom = { configMapKeyRef: { name: "settings", key: "uri" } };
    const values = { ...(await worker()), env: [{ name, valueFrom }] };
    await expect(renderWorker(values)).rejects.toThrow(/secretKeyRef|configMapKeyRef/);
  });

  test.each(everyCase)(
    "is nowhere in what is rendered for %s in %s mode",
    async (service, mode) => {
      const text = await render(await sampleValues(service, mode), service, folder);
      expect(text).not.toMatch(/mongodb(\+srv)?:\/\//i);
    },
  );
});

describe("the annotation of the pods", () => {
  const hash = async (values: Values) =>
    deployment(await renderWorker(values)).spec.template.metadata.annotations["checksum/settings"];

  test("is another one when a setting is", async () => {
    const values = await worker();
    const before = await hash(values);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await hash(values)).toBe(before);
    const env = values.env.map((entry) =>
      entry.name === "Worker__IdleDelay" ? { ...entry, value: "00:00:02" } : entry,
    );
    expect(await hash({ ...values, env })).not.toBe(before);
  });

  test("knows nothing of a secret: another Secret is another pod with the same annotation", async () => {
    const before = await worker();
    const after = await sampleValues("worker", "mongo", "another");
    expect(await renderWorker(after)).not.toBe(await renderWorker(before));
    expect(await hash(after)).toBe(await hash(before));
  });
});

describe("on a control plane", () => {
  let cluster: BorrowedCluster;

  beforeAll(async () => {
    cluster = await borrowCluster();
    await cluster.kubectl("create", "namespace", "stellaops");
    // The strictest of Kubernetes' own rules for pods: what breaks them is refused or warned of.
    await cluster.kubectl(
      "label",
      "namespace",
      "stellaops",
      "pod-security.kubernetes.io/enforce=restricted",
      "pod-security.kubernetes.io/warn=restricted",
    );
  });
  afterAll(() => cluster.release());

  test.each(everyCase)("the objects of %s in %s mode are accepted", async (service, mode) => {
    const file = join(folder, "objects.yaml");
    await writeFile(file, await render(await sampleValues(service, mode), service, folder));
    const dry = ["apply", "--dry-run=server", "--validate=strict", "--warnings-as-errors"];
    const printed = await cluster.kubectl(...dry, "--namespace=stellaops", `--filename=${file}`);
    expect(printed).toContain(`deployment.apps/taskrunner-${service} created (server dry run)`);
    expect(await cluster.kubectl("get", "deployments", "--namespace=stellaops")).toBe("");
  });
});

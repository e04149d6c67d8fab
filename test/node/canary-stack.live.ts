import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type MongoServer, startMongo } from "../../tools/parts";
import { generateSample } from "../../tools/sample";
import { makeStack, type TestStack } from "../engine/stack";
import { makeUser } from "../engine/user";
import { canaryWeb, canaryWebImage } from "./canary-image";
import { type RealTestNode, realNode } from "./real-node";

const minutes = 60_000;
const namespace = "--namespace=taskrunner";
const user = "web:s3cret-of-the-services@";

let stack: TestStack;
let node: RealTestNode;
let server: MongoServer;

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  node = await realNode([await canaryWeb()]);
  server = await startMongo({ directory: join(node.folder, "mongo"), host: node.address });
  await makeUser(server.uri, "taskrunner", user);
  await generateSample(join(stack.folder, "state"), { runs: 20 });
});
afterAll(async () => {
  await server.stop();
  await node.stop();
  await stack.remove();
});

/** @param kind of the played web */
async function configure(
  storageMode: "mongo" | "filesystem",
  kind = "good",
  chart = "examples/chart",
): Promise<void> {
  const [repository, tag] = canaryWebImage.split(":");
  const release = async (service: "worker" | "web", section: string) => {
    const values = join(stack.folder, `${service}.values.yaml`);
    const mode = { name: `${section}__Storage__Mode`, value: "filesystem" };
    const env = [mode, { name: "Played", value: kind }];
    await writeFile(values, stringify({ image: { repository, tag, pullPolicy: "Never" }, env }));
    return { chart, values: [values] };
  };
  await stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    appMongoUri: `mongodb://${user}${node.address}:${server.port}/taskrunner`,
    cluster: { kind: "existing", allowPlainText: true },
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: { kubeconfig: node.cluster.kubeconfig },
    rollout: {
      target: "helm",
      namespace: "taskrunner",
      install: true,
      worker: await release("worker", "Worker"),
      web: await release("web", "TaskRunner"),
    },
  });
}

async function up(): Promise<string> {
  const { output, failed } = await stack.up();
  expect(failed, output).toBe(false);
  return output;
}

const canaries = async () => {
  const label = "--selector=taskrunner.stellaops.io/canary-of";
  return (await node.kubectl("get", "pods", namespace, label, "--output=name")).split("\n");
};

/** The pods of both services, which a stop before the drain leaves as they are. */
const standing = () => node.kubectl("get", "pods", namespace, "--output=name");

it(
  "a chart that quotes a value twice is refused in a preview",
  async () => {
    const chart = join(stack.folder, "quoting");
    await cp("examples/chart", chart, { recursive: true });
    const file = join(chart, "templates/deployment.yaml");
    const text = await readFile(file, "utf8");
    const quoting = `{{- range . }}
            - name: {{ .name }}
              {{- with .value }}
              value: {{ . | quote | squote }}
              {{- end }}
              {{- with .valueFrom }}
              valueFrom:
                {{- toYaml . | nindent 16 }}
              {{- end }}
            {{- end }}`;
    await writeFile(file, text.replace("{{- toYaml . | nindent 12 }}", quoting));
    await configure("mongo", "good", chart);
    const { output, failed } = await stack.preview();
    expect(failed).toBe(true);
    expect(output).toMatch(
      /container task-runner of Deployment \S+ has (Worker|TaskRunner)__Storage__Mode with another value/,
    );
  },
  5 * minutes,
);

it(
  "the canary of a killed engine is gone by the next run, in either direction",
  async () => {
    for (const next of ["mongo", "filesystem"] as const) {
      await configure("filesystem");
      await up();
      await configure("mongo");
      const killed = await stack.killedUp(/canary: 1 to go: pod taskrunner-canary-/);
      expect(killed.failed).toBe(true);
      expect(await canaries()).not.toEqual([""]);
      await stack.cancel();
      await configure(next);
      const output = await up();
      expect(await canaries(), output).toEqual([""]);
    }
  },
  10 * minutes,
);

it(
  "a web that changes an approval at its start is stopped by the first verification, with nothing drained",
  async () => {
    await configure("filesystem", "approves");
    await up();
    const before = await standing();
    await configure("mongo", "approves");
    const { output, failed } = await stack.up();
    expect(failed).toBe(true);
    expect(output).toMatch(/canary: web started on MongoDB/);
    expect(output).toMatch(/1 approval on disk differs from MongoDB/);
    expect(output).toMatch(/such as web's canary/);
    expect(output).not.toMatch(/taskrunner-worker-drain (creating|updating)/);
    expect(await standing()).toBe(before);
  },
  10 * minutes,
);

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { serviceEnvironment } from "../../components/rollout";
import { canaryPod } from "../../components/rollout/canary/pod";
import type { CanaryInputs } from "../../components/rollout";
import { providers } from "../../components/rollout/provider";
import { type MongoServer, startMongo } from "../../tools/parts";
import { serviceNames } from "../rollout/names";
import { canaryWeb, canaryWebImage } from "./canary-image";
import { type EnforcedPolicies, enforcePolicies } from "./policies";
import { type RealTestNode, realNode } from "./real-node";
import { servicesOn } from "./services";

const { Canary, ServicesCheck } = providers;
const password = "open-sesame";

let node: RealTestNode;
let policies: EnforcedPolicies;
let services: ReturnType<typeof servicesOn>;
let open: MongoServer;
let locked: MongoServer;
let said: string[];

beforeAll(async () => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => said.push(line));
  node = await realNode([await canaryWeb()]);
  policies = await enforcePolicies(node);
  services = servicesOn(node);
  const server = (name: string) => ({ directory: join(node.folder, name), host: node.address });
  open = await startMongo(server("open"));
  const first = await startMongo({ directory: join(node.folder, "locked") });
  await withServer(first.uri, (client) =>
    client.db("admin").command({ createUser: "web", pwd: password, roles: ["root"] }),
  );
  await first.stop();
  locked = await startMongo({ ...server("locked"), auth: true });
  await withServer(open.uri, (client) =>
    client.db("taskrunner").collection("pack_runs").createIndex({ planHash: 1 }),
  );
});
afterAll(async () => {
  await open.stop();
  await locked.stop();
  await policies.stop();
  await node.stop();
});

async function withServer(uri: string, work: (client: MongoClient) => Promise<unknown>) {
  const client = await new MongoClient(uri).connect();
  await work(client);
  await client.close();
}

const environment = serviceEnvironment("web", "forward", serviceNames);

interface Deployment {
  /** The services' connection string; default: of the server without logins. */
  readonly uri?: string;
  /** What the Secret has; default: the same. */
  readonly ofSecret?: string;
  readonly container?: object;
  /** Variables of web. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Web of a kind on files, with a Service, and the inputs of its canary on a server. */
async function deployed(
  namespace: string,
  kind: string,
  { uri = `${open.uri}/taskrunner`, ofSecret, container = {}, variables = {} }: Deployment = {},
): Promise<CanaryInputs> {
  const mode = { name: "TaskRunner__Storage__Mode", value: "filesystem" };
  const more = Object.entries({ Played: kind, ...variables });
  const env = [mode, ...more.map(([name, value]) => ({ name, value }))];
  const args = { image: canaryWebImage, imagePullPolicy: "Never", command: null, env };
  await services.apply(namespace, "", { service: "web", container: { ...args, ...container } });
  const { name, key } = serviceNames.connectionSecret;
  const metadata = { namespace, name };
  await node.apply(
    { apiVersion: "v1", kind: "Secret", metadata, stringData: { [key]: ofSecret ?? uri } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace, name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    },
  );
  const status = ["rollout", "status", "deployment/web", "--timeout=60s"];
  await node.kubectl(...status, `--namespace=${namespace}`);
  const { kubeconfig = "", release, direction } = services.inputs(namespace);
  const kept = { kubeconfig, namespace, release, direction };
  return {
    ...kept,
    selector: "app=web",
    uri,
    environment,
    owner: "project/stack/taskrunner",
    timeoutSeconds: 90,
    cutover: 1,
  };
}

const ran = async (inputs: CanaryInputs) =>
  (await Canary.create((await Canary.check({}, inputs)).inputs)).outs as { passed: boolean };

const canariesIn = async (namespace: string) =>
  (await services.podsOf(namespace)).split("\n").filter((name) => name.includes("canary"));

/** The pods of live web that run, and when they started: a stop leaves them as they are. */
const standing = (namespace: string) =>
  services.podsOf(namespace, "jsonpath={.items[*].status.containerStatuses[*].state}");

async function expectStop(inputs: CanaryInputs, reason: RegExp): Promise<string> {
  const before = await standing(inputs.namespace);
  const error = (await ran(inputs).catch((one: unknown) => one)) as Error;
  expect(error.message).toMatch(/^Web does not work on MongoDB/);
  expect(error.message).toMatch(reason);
  expect(error.message).not.toMatch(new RegExp(`${password}|wrong-word`));
  expect(await canariesIn(inputs.namespace)).toEqual([]);
  expect(await standing(inputs.namespace)).toBe(before);
  return error.message;
}

// Most of the time they wait for the node.
describe.concurrent("a canary on a real node", () => {
  it("passes with a good web, is never ready in an EndpointSlice, and leaves nothing", async () => {
    const inputs = await deployed("good", "good");
    const seen = slicesOf("good");
    expect(await ran(inputs)).toMatchObject({ passed: true });
    expect(await canariesIn("good")).toEqual([]);
    const endpoints = seen().filter(({ name }) => name.startsWith("taskrunner-canary-"));
    expect(endpoints.length).toBeGreaterThan(0);
    expect(endpoints.filter(({ ready }) => ready)).toEqual([]);
  });

  it("stops at a web whose index has another name than the one that exists", async () => {
    const inputs = await deployed("renames", "renames");
    const message = await expectStop(inputs, /main ended with exit code 1 \(Error\)/);
    expect(message).toMatch(/\b8[56]\b/);
  });

  it("stops at a wrong password, and shows neither it nor the right one", async () => {
    const uriOf = (word: string) =>
      `${locked.uri.replace("//", `//web:${word}@`)}/taskrunner?authSource=admin`;
    const inputs = await deployed("password", "good", {
      uri: uriOf(password),
      ofSecret: uriOf("wrong-word"),
    });
    await expectStop(inputs, /connecting to mongodb:\/\//);
  });

  it("passes with a login, where the server says whether web was there, or that it does not", async () => {
    const uri = `${locked.uri.replace("//", `//web:${password}@`)}/taskrunner?authSource=admin`;
    expect(await ran(await deployed("login", "good", { uri }))).toMatchObject({ passed: true });
  });

  it.each([
    ["passes with a default-deny network policy that allows web", "web"],
    ["stops at one that allows web no MongoDB", "worker"],
  ])("%s", async (_, app) => {
    const namespace = `allows-${app}`;
    const deny = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
    const cidr = `${node.address}/32`;
    const port = Number(new URL(open.uri).port);
    const egress = [{ to: [{ ipBlock: { cidr } }], ports: [{ port }] }];
    const allow = { podSelector: { matchLabels: { app } }, policyTypes: ["Egress"], egress };
    const policy = (name: string, spec: object) => {
      const metadata = { name, namespace };
      return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
    };
    await node.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      policy("deny", deny),
      policy("allow", allow),
    );
    // The other server: until it is out of reach, no policy is enforced.
    const variables = { KeptFrom: new URL(locked.uri).host };
    const inputs = await deployed(namespace, "good", { variables });
    if (app === "web") expect(await ran(inputs)).toMatchObject({ passed: true });
    else await expectStop(inputs, /main ended with exit code 1 \(Error\)/);
  });

  it("stops at a Secret without the key", async () => {
    const inputs = await deployed("key", "good");
    const remove = JSON.stringify({ data: { [serviceNames.connectionSecret.key]: null } });
    const secret = ["secret", serviceNames.connectionSecret.name];
    await node.kubectl("patch", ...secret, "--namespace=key", `--patch=${remove}`);
    await expectStop(inputs, /couldn't find key connectionString/);
  });

  it("stops at a web that is never ready on MongoDB", async () => {
    const { command = [] } = node.script(
      `process.exit(process.env.TaskRunner__Storage__Mode === "mongo" ? 1 : 0)`,
    );
    const container = { readinessProbe: { exec: { command }, periodSeconds: 1 } };
    await expectStop(await deployed("unready", "good", { container }), /not ready after 60 s/);
  });

  it("shows nothing if the cluster has no room for it, and goes on", async () => {
    const inputs = await deployed("quota", "good");
    const metadata = { name: "full", namespace: "quota" };
    await node.apply({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata,
      spec: { hard: { pods: "1" } },
    });
    expect(await ran(inputs)).toMatchObject({ passed: false });
    expect(said.join("\n")).toMatch(/exceeded quota: full.*\[canary-not-shown\]/);
  });

  it.each(["forward", "back"] as const)(
    "is gone by the next run, %s, if the engine was killed",
    async (direction) => {
      const namespace = `killed-${direction}`;
      const inputs = await deployed(namespace, "good");
      await services.deploy(namespace, "setInterval(() => undefined, 1000);");
      await leave(inputs);
      expect(await canariesIn(namespace)).toHaveLength(1);
      const { owner } = inputs;
      const both = { selector: "app=worker", web: { release: "worker", selector: "app=web" } };
      const next = { ...services.inputs(namespace, { ...both, direction }), owner };
      const checked = (await ServicesCheck.check({}, next)).inputs as object;
      expect((await ServicesCheck.diff("id", { ...checked, applied: true }, checked)).changes).toBe(
        true,
      );
      await ServicesCheck.create(checked);
      await vi.waitUntil(async () => (await canariesIn(namespace)).length === 0, 20_000);
    },
  );
});

// Alone, after the others: without logins their connections are of the same user.
it("stops at a web that ignores the variables", async () => {
  await expectStop(await deployed("ignores", "ignores"), /another prefix/);
});

/** Leaves a canary, as a killed engine does. */
async function leave({ namespace, owner }: CanaryInputs): Promise<void> {
  const text = await node.kubectl("get", "deploy/web", `--namespace=${namespace}`, "--output=json");
  const web = JSON.parse(text) as V1Deployment;
  const asked = { name: "taskrunner-canary-left", owner, environment, deadlineSeconds: 600 };
  const pod = canaryPod(web, asked) as V1Pod;
  await node.apply(Object.assign(pod, { metadata: Object.assign({ namespace }, pod.metadata) }));
}

/** Follows the endpoints of a namespace's Services, each as it ever was. */
function slicesOf(namespace: string) {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?watch=1`;
  const args = [`--kubeconfig=${node.cluster.kubeconfig}`, "get", "--raw", path];
  const watching = spawn(node.cluster.kubectl, args);
  let text = "";
  watching.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => {
    watching.kill();
    const events = text.trim().split("\n");
    return events.flatMap((line) => {
      const { object } = JSON.parse(line) as { object: V1EndpointSlice };
      return (object.endpoints ?? []).map(({ targetRef, conditions }) => {
        return { name: targetRef?.name ?? "", ready: conditions?.ready === true };
      });
    });
  };
}

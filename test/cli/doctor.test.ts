import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Long, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { oldestPulumi } from "../../cli/doctor-checks";
import { kinds, servicesRights } from "../../components/kubernetes";
import { applicationRole, migratorRole } from "../../components/contract";
import { migrationId } from "../../components/ledger";
import type { Finding } from "../../components/text";
import { generateSample } from "../../tools/sample";
import { startMongo, type MongoServer } from "../../tools/parts";
import { kubeconfigOf } from "../account";
import { disguisedServer } from "../cluster/disguised-server";
import { documentOptions } from "../contract/options";
import { servicesRules } from "../rights";
import { clusterForTests, revisionOf } from "../rollout/pods/cluster";
import { playPulumi, runPlayed } from "./played-pulumi";
import { runCommand } from "./run";

vi.setConfig({ testTimeout: 60_000 });

const pods = clusterForTests();
const database = "taskrunner";
let folder: string;
let server: MongoServer;
let admin: MongoClient;

/** A server with both users of docs/security.md, and a migrator that lacks a right. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doctor-"));
  const directory = join(folder, "data");
  const open = await startMongo({ directory });
  const client = await new MongoClient(open.uri).connect();
  const migrator = migratorRole(database);
  const less = migrator.privileges.map(({ resource, actions }) => {
    return { resource, actions: actions.filter((one) => one !== "collMod") };
  });
  const roles = [
    migrator,
    applicationRole(database, documentOptions),
    { ...migrator, createRole: "lacksARight", privileges: less },
  ];
  for (const role of roles) {
    await client.db("admin").command(role);
    const user = { createUser: role.createRole, pwd: "geheim", roles: [role.createRole] };
    await client.db("admin").command(user);
  }
  await client.db("admin").command({ createUser: "root", pwd: "geheim", roles: ["root"] });
  await client.close();
  await open.stop();
  server = await startMongo({ directory, auth: true });
  admin = await new MongoClient(uriOf("root")).connect();
});
afterAll(async () => {
  await admin.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const uriOf = (user: string, port = server.port, password = "geheim") =>
  `mongodb://${user}:${password}@127.0.0.1:${port}/${database}?authSource=admin`;

/** A folder with a state directory and a played `pulumi` of a version, which has this stack. */
async function project(name: string, version: string, settings: Record<string, unknown>) {
  const location = join(folder, name);
  await generateSample(join(location, "state"), { runs: 3 });
  await cp("tools/sample/rollout", join(location, "rollout"), { recursive: true });
  await playPulumi(location, { version, settings });
  return (...args: string[]) => runPlayed(location, "prod", "doctor", ...args);
}

/** The rollout of two Helm releases, worker and web. */
function releasesIn(namespace: string) {
  const service = { chart: "chart", version: "1.0.0", values: [] };
  return {
    target: "helm",
    namespace,
    worker: { ...service, release: "worker", selector: "app=worker" },
    web: { ...service, release: "web", selector: "app=web" },
  };
}

interface Wanted {
  readonly requiredPulumiVersion: string;
}

interface Report {
  readonly go: boolean;
  readonly checks: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
}

it("finds twelve planted faults in one run, and says what to do with each", async () => {
  const namespace = "faults";
  // The cluster: a release that is missing, one that is pending, two modes, a right, an owner, a slow pod.
  await pods.cluster.deploy(namespace, { graceSeconds: 900 });
  await pods.cluster.deploy(namespace, { name: "web", mode: "mongo" });
  const owner = "helm.toolkit.fluxcd.io/name=worker";
  const of = `--namespace=${namespace}`;
  await pods.cluster.kubectl("label", "deployment/worker", owner, of);
  const release = ["meta.helm.sh/release-name=web", "--overwrite", of];
  await pods.cluster.kubectl("annotate", "deployment/web", ...release);
  await pods.cluster.apply(revisionOf(namespace, "web", "pending-upgrade"));
  const rules = servicesRules.map((rule) => {
    return { ...rule, verbs: rule.verbs.filter((verb) => verb !== "patch") };
  });
  const kubeconfig = await kubeconfigOf(pods.cluster, namespace, rules);
  // MongoDB: the disguise plays an old standalone server, and no driver can tell it from one.
  const old = await disguisedServer(server.port, { version: "5.0.31", standalone: true });
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  const logs = admin.db(database).collection("pack_run_logs");
  await logs.insertMany([{ ...entry }, { ...entry }]);
  const doctor = await project("faulty", "3.100.0", {
    storageMode: "filesystem",
    backfil: {},
    mongoUri: uriOf("lacksARight", old.port),
    appMongoUri: uriOf("taskrunnerApplication", old.port, "wrong"),
    backfill: { source: { path: "stat" } },
    kubernetes: { kubeconfig },
    rollout: { ...releasesIn(namespace), timeoutSeconds: 600 },
  });

  const { stdout, stderr, exitCode } = await doctor("--json", "--connect-timeout", "5");
  await old.stop();
  await logs.deleteMany({});
  const { go, checks } = JSON.parse(stdout) as Report;
  expect([go, exitCode]).toEqual([false, 2]);
  const codes = checks.map(({ name, findings }) => [name, findings.map(({ code }) => code)]);
  expect(Object.fromEntries(codes)).toEqual({
    "Node.js": [],
    cutover: [],
    Pulumi: ["tool-unfit"],
    "plugin kubernetes": ["tool-unfit"],
    settings: ["settings-invalid"],
    "state directory": ["state-unfit"],
    "free disk": [],
    MongoDB: ["server-version", "server-standalone", "privileges-missing"],
    "services' user": ["mongo-unreachable"],
    documents: ["data-issue", "data-issue"],
    services: [
      "cluster-not-checked",
      "modes-differ",
      "services-differ",
      "helm-pending",
      "owned",
      "grace-period",
    ],
  });
  const texts = checks.flatMap(({ findings }) => findings.map(({ text }) => text));
  expect(
    texts.filter(
      (text) =>
        !/allowed: |\b(Set|Install|Fix|Grant|Upgrade|Make|Check|Restore|Change|change|delete)\b/.test(
          text,
        ),
    ),
  ).toEqual([]);
  expect(stdout + stderr).not.toMatch(/geheim|wrong@/);
});

it("says ok line by line on one screen, and 0, if nothing stops a cutover", async () => {
  const { requiredPulumiVersion } = parse(await readFile("Pulumi.yaml", "utf8")) as Wanted;
  expect(requiredPulumiVersion).toBe(`>=${oldestPulumi}`);
  const doctor = await project("fine", "3.274.1", {
    storageMode: "filesystem",
    mongoUri: uriOf("taskrunnerMigrator"),
    appMongoUri: uriOf("taskrunnerApplication"),
    backfill: { source: { path: "state" } },
    rollout: { target: "values", directory: "rollout", confirm: "none" },
  });
  const before = await admin.db(database).listCollections().toArray();
  const { stdout, exitCode } = await doctor();
  expect(stdout).toMatch(/^ok {4}Node\.js/);
  expect(exitCode).toBe(0);
  expect(stdout.split("\n").length).toBeLessThan(25);
  expect(stdout).not.toContain("geheim");
  expect(await admin.db(database).listCollections().toArray()).toEqual(before);
});

it("finds what up would stop for: a run that cannot be read, and a values file of another stack", async () => {
  const doctor = await project("found", "3.274.1", {
    storageMode: "filesystem",
    mongoUri: uriOf("taskrunnerMigrator"),
    appMongoUri: uriOf("taskrunnerApplication"),
    backfill: { source: { path: "state" } },
    rollout: { target: "values", directory: "rollout", confirm: "none" },
  });
  const location = join(folder, "found");
  const values = (stack: string) =>
    writeFile(
      join(location, "rollout/taskrunner-storage.worker.values.yaml"),
      `# taskrunner-storage: values of stack ${stack}\n{}\n`,
    );
  await values("organization/taskrunner-storage/prod");
  expect((await doctor()).exitCode).toBe(0);

  await values("organization/taskrunner-storage/staging");
  await writeFile(join(location, "state/state/runs/cut.json"), '{"runId": "cut", "st');
  const { stdout, exitCode } = await doctor();
  expect(stdout).toMatch(/stop {2}state .*\n?.*state\/runs\/cut\.json/);
  expect(stdout).toMatch(/stop {2}services .*not of stack prod/);
  expect(exitCode).toBe(2);

  await values("organization/taskrunner-storage/prod");
  const [worker = "", web = ""] = ["worker", "web"].map((name) =>
    join(location, `rollout/${name}.values.yaml`),
  );
  await rename(worker, `${worker}.old`);
  await rename(web, worker);
  await rename(`${worker}.old`, web);
  expect((await doctor()).stdout).toMatch(/stop {2}services .*named for worker/);
});

it("agrees with up on the number of the cutover, and on a database of another stack", async () => {
  const settings = {
    storageMode: "mongo",
    cutover: 3,
    mongoUri: uriOf("taskrunnerMigrator"),
    appMongoUri: uriOf("taskrunnerApplication"),
    backfill: { source: { path: "state" } },
    rollout: { target: "values", directory: "rollout", confirm: "none" },
  };
  const doctor = await project("numbered", "3.274.1", settings);
  const outputs = (cutover: number) =>
    playPulumi(join(folder, "numbered"), { settings, outputs: { cutover } });
  await outputs(1);
  expect((await doctor()).stdout).toMatch(/stop {2}cutover .*\n?.*Set cutover: 1\./);
  await outputs(4);
  expect((await doctor()).stdout).toMatch(/stop {2}cutover .*Set cutover: 4\./);
  await outputs(3);
  expect((await doctor()).stdout).toMatch(/ok {4}cutover +number 3/);

  const ledger = admin.db(database).collection<{ _id: string }>("schema_migrations");
  const cutovers = [{ at: new Date(), stack: "taskrunner-storage/other" }];
  await ledger.updateOne({ _id: migrationId }, { $set: { cutovers } }, { upsert: true });
  const { stdout } = await doctor();
  await ledger.deleteOne({ _id: migrationId });
  expect(stdout).toMatch(/stop {2}cutover .*taskrunner-storage\/other has recorded a cutover/);
});

it("vouches for no user that it does not know, and takes releases that exist for the stack's", async () => {
  const namespace = "installed";
  for (const name of ["worker", "web"]) {
    await pods.cluster.deploy(namespace, { name });
    const release = `meta.helm.sh/release-name=${name}`;
    await pods.cluster.kubectl(
      "annotate",
      `deployment/${name}`,
      release,
      "--overwrite",
      `-n=${namespace}`,
    );
    await pods.cluster.apply(revisionOf(namespace, name, "deployed"));
  }
  const rollout = { ...releasesIn(namespace), install: true };
  const kubernetes = { kubeconfig: pods.cluster.kubeconfig };
  const values = { storageMode: "filesystem", kubernetes, rollout };
  const config = Object.entries(values).map(([key, value]) => [`taskrunner-storage:${key}`, value]);
  const file = join(folder, "without-strings.yaml");
  await writeFile(file, stringify({ config: Object.fromEntries(config) as object }));
  const variables = {
    TASKRUNNER_MONGO_URI: uriOf("taskrunnerMigrator"),
    PATH: dirname(process.execPath),
  };
  const { stdout } = await runCommand(["doctor", "--settings", file], variables, folder);
  expect(stdout).toMatch(/ok +MongoDB .*TASKRUNNER_MONGO_URI logs in/);
  expect(stdout).toMatch(/ok +services' user +not checked/);
  expect(stdout).toMatch(/ok +services +worker: filesystem mode; web: filesystem mode/);
  expect(stdout).toMatch(/stop +Pulumi +pulumi is not on PATH/);
});

it("asks for the rights that docs/security.md names", () => {
  const asked = servicesRights.map(({ verb, kind }) => `${verb} ${kinds[kind][1]}`);
  const named = servicesRules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
  expect(asked.sort()).toEqual(named.sort());
});

import { expect, it } from "vitest";
import { describeProblems, dev, helm, umbrella } from "./problems";

const { rollout: values } = dev;
const jobs = { image: "registry.example.test/commands:1", namespace: "jobs" };

const remote = (user: string, options = "tls=true") =>
  `mongodb://${user}db.example.net/taskrunner?${options}`;
const mongoUri = remote("migrator:p@");
const services = (options: string) => remote("services:p@", options);
const byAws = "tls=true&authMechanism=MONGODB-AWS&authSource=$external";
const referring = { kind: "stackReference", stack: "a/b/c" };

const connections = {
  "no connection string": { mongoUri: undefined },
  "a text in its place": { mongoUri: "mongo" },
  "a connection without TLS": { mongoUri: remote("m:p@", "w=majority"), appMongoUri: remote("s@") },
  "no database": { mongoUri: "mongodb://127.0.0.1" },
  "a database's name that is none": { mongo: { database: "a b" } },
  "no connection string of the services": { mongoUri },
  "TLS that does not check": { mongoUri, appMongoUri: services("tls=true&tlsInsecure=true") },
  "no majority": { mongoUri, appMongoUri: services("tls=true&w=1") },
  "one user for both": { mongoUri, appMongoUri: mongoUri },
  "no user in both": { mongoUri: remote(""), appMongoUri: remote("") },
  "another database of the services": { appMongoUri: "mongodb://127.0.0.1/other" },
  "a ledger in a collection of the services": { advanced: { ledger: "pack_runs" } },
  "Jobs that cannot read another stack's outputs": {
    mongoUri: undefined,
    cluster: referring,
    jobs,
  },
  "a connection string beside another stack's": { cluster: referring },
  "a mechanism whose SDK the image lacks": { mongoUri: remote("", byAws), jobs },
};

const claimed = { backfill: { source: { persistentVolumeClaim: "state" } } };
const confirmed = (confirm: object | string, more: object = {}) => {
  const selector = { worker: "app=worker", web: "app=web" };
  const given = typeof confirm === "object" ? { selector, ...confirm } : confirm;
  return { rollout: { ...values, confirm: given, ...more } };
};
const source = (given: object) => ({ backfill: { source: given } });

const forms = {
  "Jobs without a namespace": { jobs: { image: jobs.image } },
  "Jobs and files of this machine": { jobs, ...source({ path: "state" }) },
  "a claim without Jobs": claimed,
  "no namespace of the pods": confirmed({}),
  "another word for none": confirmed("no"),
  "a push that nothing confirms": confirmed("none", { push: { branch: "main" } }),
  "a push without a branch": confirmed("none", { push: {} }),
  "a drain without pods": confirmed("none", { drain: "wait" }),
  "a number in words": confirmed("none", { workerStopped: "one" }),
  "another word for a drain": confirmed({ namespace: "apps" }, { drain: "now" }),
  "another mode": { storageMode: "mongodb" },
  "another target": { rollout: { target: "argo" } },
  "a path that is a number": source({ path: 5 }),
  "an unknown key beside a claim": source({ persistentVolumeClaim: "state", subPth: "x" }),
  "a source of neither form": source({}),
  "a source of both forms": source({ path: "a", persistentVolumeClaim: "b" }),
};

const folders = (given: object) => source({ path: "s", folders: given });
const stores = {
  "an absolute folder": folders({ logs: "/var/log" }),
  "a folder out of the state directory": folders({ logs: "../logs" }),
  "a folder with .": folders({ runs: "state/./runs" }),
  "a folder with ..": folders({ runs: "state/.." }),
  "an empty folder": folders({ queue: "" }),
  "a folder that ends in /": folders({ queue: "queue/" }),
  "a folder of the program's own": folders({ runs: "held/runs" }),
  "no folder of runs": folders({ runs: "none" }),
  "an unknown store": folders({ locks: "locks" }),
  "one folder for two stores": folders({ approvals: "state/runs" }),
  "a folder in another one": folders({ logs: "state/runs/logs" }),
  "a folder in one that follows": folders({ runs: "logs/runs/state" }),
};

const regions = [{ name: "EU_CENTRAL_1" }];
const atlas = (given: object) => ({
  mongoUri: undefined,
  cluster: {
    kind: "atlas",
    projectId: "5f0000000000000000000001",
    provider: "AWS",
    regions,
    ...given,
  },
});
const access = (...accessList: object[]) => atlas({ accessList });
const onAtlas = {
  "no project": atlas({ projectId: undefined }),
  "an even number of electable nodes": atlas({
    regions: ["EU_CENTRAL_1", "EU_WEST_1"].map((name) => ({ name, electable: 2 })),
  }),
  "a region without a node": atlas({ regions: [...regions, { name: "EU_WEST_1", electable: 0 }] }),
  "a region twice": atlas({ regions: [...regions, { ...regions[0], electable: 2 }] }),
  "point in time without backups": atlas({ backup: { enabled: false, pointInTime: true } }),
  "an entry of nothing": access({ comment: "x" }),
  "an entry of two things": access({ address: "192.0.2.1", range: "192.0.2.0/24" }),
  "an entry twice": access({ address: "192.0.2.1" }, { address: "192.0.2.1" }),
  "an address and its range of one": access({ address: "192.0.2.1" }, { range: "192.0.2.1/32" }),
  "a comment that Atlas would cut": access({ address: "192.0.2.1", comment: "x".repeat(81) }),
  "an address that is none": access({ address: "192.0.2" }),
  "a range that is none": access({ range: "192.0.2.0/33" }),
  "a size that is not dedicated": atlas({ instanceSize: "M0" }),
  "a version without its dot": atlas({ mongoVersion: "8" }),
  "a version that is too old": atlas({ mongoVersion: "5.0" }),
  "an unknown way in": atlas({ connection: "public" }),
  "an unknown key of Atlas": atlas({ regionz: [] }),
};

const tls = { certificateSecret: "tls", caConfigMap: "ca" };
const kubernetes = (given: object, more: object = {}) => ({
  mongoUri: undefined,
  cluster: { kind: "kubernetes", resource: { version: "8.0.12", tls }, ...given },
  jobs: { image: jobs.image },
  rollout: helm,
  ...more,
});
const resource = (given: object) => kubernetes({ resource: { version: "8.0.12", tls, ...given } });
const oneName = { migrator: { name: "one" }, application: { name: "one" } };
const inKubernetes = {
  "an even number of members": resource({ members: 2 }),
  "more members than a set votes with": resource({ members: 9 }),
  "a version without its patch": resource({ version: "8.0" }),
  "an old version": resource({ version: "5.0.31" }),
  "no version": resource({ version: undefined }),
  "users beside the stack's": kubernetes({ overrides: { users: [], statefulSet: {} } }),
  "members in two places": kubernetes({ overrides: { members: 5 } }),
  "a quantity that is none": resource({ resources: { requests: { memory: "2gb" } } }),
  "a name that is none of Kubernetes": resource({ name: "Mongo_1" }),
  "an unknown key of the resource": resource({ size: 3 }),
  "plain text that is not allowed": resource({ tls: { enabled: false } }),
  "no Secret of the certificate": resource({ tls: { caConfigMap: "ca" } }),
  "no authority": resource({ tls: { certificateSecret: "tls" } }),
  "a repository that is no address": kubernetes({ operator: { repository: "charts" } }),
  "one name for both users": kubernetes({ users: oneName }),
  "a replica set that no Job reaches": kubernetes({}, { jobs: undefined }),
  "a connection string of a replica set": kubernetes({}, { mongoUri: "mongodb://127.0.0.1/x" }),
  "no namespace of a replica set": kubernetes({}, { rollout: values, jobs }),
};

const together = (given: object) => ({ rollout: { ...umbrella, ...given } });
const separate = (given: object) => ({ rollout: { ...helm, ...given } });
const releases = {
  "a step": together({ step: "worker" }),
  "a shared section": together({ shared: {} }),
  "no chart": together({ chart: undefined }),
  "no worker": together({ worker: undefined }),
  "no labels of a service": together({ web: { path: "env" } }),
  "no version of a chart": together({ chart: "oci://charts/stella" }),
  "a chart of one service": together({ web: { ...umbrella.web, chart: "charts/web" } }),
  "one place for both": together({
    worker: { ...umbrella.worker, path: "env" },
    web: { ...umbrella.web, path: "env" },
  }),
  "a place in the other one": together({ web: { ...umbrella.web, path: "worker.env.web" } }),
  "labels of the other service": together({ web: umbrella.worker }),
  "the one release beside two": separate({ release: "stella" }),
  "one release for both services": separate({
    worker: { ...helm.worker, release: "stella" },
    web: { ...helm.web, release: "stella" },
  }),
  "the other's release by default": separate({
    web: { ...helm.web, release: "taskrunner-worker" },
  }),
};

it("each refusal names the setting, what was found and what is allowed", async () => {
  const kinds = { connections, forms, stores, onAtlas, inKubernetes, releases };
  const cases = Object.values(kinds).flatMap((kind) => Object.entries<object>(kind));
  const [heading] = describeProblems({ ...dev, mongoUri: undefined }).split("\n");
  const texts = cases.map(([name, settings]) => {
    const [first, ...problems] = describeProblems({ ...dev, ...settings }).split("\n");
    expect(first, name).toBe(heading);
    return [`# ${name}`, ...problems].join("\n");
  });
  await expect(`${heading}\n\n${texts.join("\n\n")}\n`).toMatchFileSnapshot("refused.txt");
});

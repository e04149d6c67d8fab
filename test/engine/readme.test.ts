import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messagesIn } from "../../tools/dev/messages";
import { generateSample } from "../../tools/sample";
import { cacheFolder } from "../../tools/parts/cache";
import { engine, engineEnvironment, freePort, repository } from "../../tools/parts";
import { type BorrowedServer, borrowServer } from "../pool";
import { blocksIn } from "../readme";
import { makeCluster, type EngineCluster } from "./cluster";
import { allowForEngine } from "./stacks";

const tryIt = blocksIn("Try it");
const yours = blocksIn("Your first environment");

allowForEngine();

let folder: string;
let clone: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "readme-"));
  clone = join(folder, "taskrunner-storage");
  await cloneTo(clone);
});
afterAll(() => rm(folder, { recursive: true }));

/** The repository as a reader has it: what is in git, and no packages. */
async function cloneTo(location: string): Promise<void> {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const { stdout } = await execa("git", list, { cwd: repository });
  for (const file of stdout
    .split("\0")
    .filter((name) => name !== "" && existsSync(join(repository, name)))) {
    await mkdir(dirname(join(location, file)), { recursive: true });
    await copyFile(join(repository, file), join(location, file));
  }
}

/** A home and a folder for temporary files in which no earlier run left anything. */
async function freshHome(name: string): Promise<Record<string, string>> {
  const HOME = join(folder, name, "home");
  const TMPDIR = join(folder, name, "tmp");
  for (const one of [HOME, TMPDIR]) await mkdir(one, { recursive: true });
  // Which registry a reader uses is theirs to say, and parts that were built once are kept.
  const npmrc = join(homedir(), ".npmrc");
  if (existsSync(npmrc)) await copyFile(npmrc, join(HOME, ".npmrc"));
  await mkdir(join(HOME, ".cache"));
  await symlink(cacheFolder(), join(HOME, ".cache/taskrunner-storage"));
  return { HOME, TMPDIR };
}

/** A reader's shell has nothing of the `make` that may run these tests, which would print its folders. */
const noMake = { MAKEFLAGS: undefined, MFLAGS: undefined, MAKELEVEL: undefined };

/** Runs a line of the README in the clone; what it asks for is on its standard input. */
async function run(line: string, input = ""): Promise<string> {
  // Each line has a shell of its own.
  const [, name, value = ""] = /^export (\w+)="(.*)"$/.exec(line) ?? [];
  if (name !== undefined) env = { ...env, [name]: value };
  const { all, exitCode } = await execa("sh", ["-c", line], {
    cwd: clone,
    env: { ...env, ...noMake },
    input,
    all: true,
    reject: false,
  });
  const isPreview = line.startsWith("npx taskrunner-storage preview");
  expect(exitCode, `${line}\n${all}`).toBe(isPreview ? 2 : 0);
  return all;
}

/** Compares what a person sees with a file, in which times, hosts and processes are the same on any day and machine. */
async function expectScreen(name: string, printed: string): Promise<void> {
  const lines = printed
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:27017")
    .replaceAll(/\b\S+ \S+, process \d+/g, "SERVER, process 4711")
    .replaceAll(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, "2025-11-06T12:00:00.000Z")
    .replaceAll(/(?<=Duration: )\S+/g, "44s")
    .replaceAll(/\b[\d.]+ (?:s|min \d+ s)\b/g, "4 s")
    .replaceAll(folder, "")
    .split("\n")
    // Progress depends on the machine, and so do the parts that it lacks.
    .filter((line) => !/ records, .* in 4 s, |^npm: |^sample: /.test(line));
  expect(lines.length).toBeLessThanOrEqual(40);
  await expect(`${lines.join("\n").trim()}\n`).toMatchFileSnapshot(`readme/${name}.txt`);
}

/** The engine's output as `make` prints it. */
async function filtered(printed: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of messagesIn(Readable.from(printed.split("\n")))) lines.push(line);
  return lines.join("\n");
}

/** A text in which numbers count only as numbers. */
const shapeOf = (text: string) => text.replaceAll(/ *\d+/g, " 1");

describe("the README's way to try it", () => {
  beforeAll(async () => {
    env = { ...(await freshHome("try-it")), MONGO_PORT: String(await freePort()) };
  });
  afterAll(() => run("make clean"));

  it("ends as printed, and goes back to files", async () => {
    const [up = "", output = "", others = ""] = tryIt;
    const printed = await run(up);
    expect(shapeOf(printed)).toContain(shapeOf(output));
    await expectScreen("up", printed);

    const [rollback = "", down = ""] = others.split("\n");
    const back = await run(rollback);
    expect(back).toContain("The values files set worker and web to files.");
    await expectScreen("rollback", back);
    await run(down);
    const { stdout } = await execa("ps", ["-e", "-o", "args="]);
    expect(stdout.split("\n").filter((line) => line.includes(clone))).toEqual([]);
  });
});

describe("the README's first environment", () => {
  let server: BorrowedServer;
  let cluster: EngineCluster;

  beforeAll(async () => {
    server = await borrowServer();
    cluster = await makeCluster(folder);
    await generateSample(join(folder, "state"), { runs: 5 });
    await installServices();
    const found = await engineEnvironment(await engine({ kubernetes: true }), folder, "");
    // The README says where the stack is kept, and sets the passphrase.
    const ofReader = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"];
    const ofEngine = Object.entries(found).filter(([name]) => !ofReader.includes(name));
    env = {
      ...(await freshHome("yours")),
      ...Object.fromEntries(ofEngine),
      KUBECONFIG: await kubeconfigOfReader(),
      // Nobody is asked in a test.
      PULUMI_SKIP_CONFIRMATIONS: "true",
    };
  });

  /** The cluster by the name that it has in the example. */
  async function kubeconfigOfReader(): Promise<string> {
    const { kubeconfig, program } = cluster.controlPlane;
    const file = join(folder, "kubeconfig");
    await copyFile(kubeconfig, file);
    const config = ["--kubeconfig", file, "config"];
    const { stdout: name } = await execa(program, [...config, "current-context"]);
    await execa(program, [...config, "rename-context", name, "existing"]);
    return file;
  }

  afterAll(async () => {
    await cluster.controlPlane.release();
    await server.release();
  });

  /** Both services as the example says, with a volume for their claim. */
  async function installServices(): Promise<void> {
    await cluster.kubectl("create", "namespace", "taskrunner");
    const claim = { name: "taskrunner-state", namespace: "taskrunner" };
    const spec = { accessModes: ["ReadWriteMany"], storageClassName: "" };
    const size = { storage: "1Gi" };
    const volume = { ...spec, capacity: size, hostPath: { path: "/state" }, claimRef: claim };
    await cluster.controlPlane.apply(
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "state" },
        spec: volume,
      },
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: claim,
        spec: { ...spec, resources: { requests: size } },
      },
    );
    for (const service of ["worker", "web"]) {
      const values = join(clone, `examples/existing/${service}.values.yaml`);
      const chart = join(clone, "examples/chart");
      const options = ["--values", values, "--wait"];
      await cluster.helm("install", `taskrunner-${service}`, chart, ...options);
    }
  }

  const pods = async () => [await cluster.podsOf("worker"), await cluster.podsOf("web")];

  it("is taken over on files, and changes no pod", async () => {
    const [copy = "", first = ""] = yours;
    for (const line of copy.split("\n")) await run(line);
    const file = join(clone, "Pulumi.test.yaml");
    const text = await readFile(file, "utf8");
    expect(text).toContain("$schema=docs/settings.schema.json\n");
    // What a reader changes to theirs.
    expect(text).toContain("path: /var/lib/taskrunner\n");
    await writeFile(file, text.replace("/var/lib/taskrunner", join(folder, "state")));

    const before = await pods();
    for (const line of first.split("\n")) await run(line, `${server.uri}/taskrunner`);
    expect(await pods()).toEqual(before);
    expect(await cluster.modesOf("worker")).toEqual(["filesystem"]);
  });

  it("goes to MongoDB", async () => {
    const [, , cutover = ""] = yours;
    let printed = "";
    for (const line of cutover.split("\n")) {
      printed = await run(line);
      if (line.includes("preview")) await expectScreen("preview", printed);
    }

    expect(printed).toContain("worker: drained");
    expect(await cluster.modesOf("worker")).toEqual(["mongo"]);
    expect(await cluster.modesOf("web")).toEqual(["mongo", "mongo"]);
  });

  it("goes back to files", async () => {
    const [, , , back = ""] = yours;
    let printed = "";
    for (const line of back.split("\n")) printed = await run(line);

    expect(printed).toContain("Exported to");
    expect(await cluster.modesOf("worker")).toEqual(["filesystem"]);
    expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
  });

  it("is kept by `pulumi destroy`, which says what stays", async () => {
    const before = await pods();
    const printed = await run("pulumi destroy --yes --skip-preview --suppress-progress");
    expect(await pods()).toEqual(before);
    await expectScreen("destroy", await filtered(printed));
  });
});

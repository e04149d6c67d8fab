import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messagesIn } from "../../tools/dev/messages";
import { generateSample } from "../../tools/sample";
import { cacheFolder } from "../../tools/parts/cache";
import { engine, engineEnvironment, freePort, repository } from "../../tools/parts";
import { type BorrowedServer, borrowServer } from "../pool";
import { blocksIn, readme } from "../readme";
import { makeCluster, type EngineCluster } from "./cluster";
import { cloneTo, onAnyMachine, type ReaderShell, shellIn } from "./reader";
import { allowForEngine } from "./stacks";

const tryIt = blocksIn("Try it");
const yours = blocksIn("Your first environment");
const byHand = blocksIn("Without Kubernetes", read("examples/README.md"));

allowForEngine();

let folder: string;
let clone: string;
let shell: ReaderShell;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "readme-"));
  clone = join(folder, "taskrunner-storage");
  await cloneTo(clone);
});
afterAll(() => rm(folder, { recursive: true }));

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

/** Runs a line of a page. A preview ends with 2, because there is something to do. */
function run(line: string, input?: string): Promise<string> {
  const isPreview = line.startsWith("npx taskrunner-storage preview");
  return shell.run(line, input, isPreview ? 2 : 0);
}

/** Runs the lines of a block, and returns what the last one prints. */
async function runAll(block = "", input?: string): Promise<string> {
  let printed = "";
  for (const line of block.split("\n")) printed = await run(line, input);
  return printed;
}

function read(page: string): string {
  return readFileSync(join(repository, page), "utf8");
}

/**
 * A shell of a reader who has Pulumi and its plugin on a machine without internet access, as this one may be: with the
 * variables that the README's link names, and one that answers for the reader.
 */
async function shellWithPulumi(home: Readonly<Record<string, string>>): Promise<ReaderShell> {
  const found = await engineEnvironment(await engine({ kubernetes: true }), folder, "");
  const { PATH = "", PULUMI_HOME = "" } = found;
  const [, page = ""] =
    /\]\((docs\/[\w-]+\.md)#a-machine-without-internet-access\)/.exec(readme) ?? [];
  const rows = [...read(page).matchAll(/^\| `(PULUMI_\w+)=(\S+)` \|/gm)];
  const named = Object.fromEntries(rows.map(([, name = "", value = ""]) => [name, value]));
  expect(Object.keys(named)).toHaveLength(3);
  const answers = { PULUMI_SKIP_CONFIRMATIONS: "true" };
  return shellIn(clone, { ...home, ...named, ...answers, PATH, PULUMI_HOME });
}

/** Compares what a person sees with a file. */
async function expectScreen(name: string, printed: string): Promise<void> {
  const screen = onAnyMachine(printed, folder).replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:27017");
  expect(screen.split("\n").length).toBeLessThanOrEqual(41);
  await expect(screen).toMatchFileSnapshot(`readme/${name}.txt`);
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
    // The README names the variable.
    const port = String(await freePort());
    shell = shellIn(clone, { ...(await freshHome("try-it")), MONGO_PORT: port });
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
    const home = await freshHome("yours");
    await writeKubeconfig(join(home.HOME ?? "", ".kube"));
    shell = await shellWithPulumi(home);
  });

  /** The cluster by the name that it has in the example, where kubectl has it. */
  async function writeKubeconfig(directory: string): Promise<void> {
    const { kubeconfig, program } = cluster.controlPlane;
    const file = join(directory, "config");
    await mkdir(directory);
    await copyFile(kubeconfig, file);
    const config = ["--kubeconfig", file, "config"];
    const { stdout: name } = await execa(program, [...config, "current-context"]);
    await execa(program, [...config, "rename-context", name, "existing"]);
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

  /** The one thing that a reader of this test changes to theirs. */
  async function writeOwnPath(name: string, state: string): Promise<void> {
    const file = join(clone, name);
    const text = await readFile(file, "utf8");
    expect(text).toContain("$schema=docs/settings.schema.json\n");
    expect(text).toContain("path: /var/lib/taskrunner\n");
    await writeFile(file, text.replace("/var/lib/taskrunner", join(folder, state)));
  }

  const pods = async () => [await cluster.podsOf("worker"), await cluster.podsOf("web")];

  it("is taken over on files, and changes no pod", async () => {
    const [copy, login, first] = yours;
    await runAll(copy);
    await writeOwnPath("Pulumi.test.yaml", "state");
    await runAll(login);
    const before = await pods();
    await runAll(first, `${server.uri}/taskrunner`);
    expect(await pods()).toEqual(before);
    expect(await cluster.modesOf("worker")).toEqual(["filesystem"]);
  });

  it("goes to MongoDB", async () => {
    const [, , , cutover = ""] = yours;
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
    const [, , , , back] = yours;
    const printed = await runAll(back);

    expect(printed).toContain("because nothing had changed in MongoDB");
    expect(await cluster.modesOf("worker")).toEqual(["filesystem"]);
    expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
  });

  it("is kept by `pulumi destroy`, which says what stays", async () => {
    const before = await pods();
    const printed = await run("pulumi destroy --yes --skip-preview --suppress-progress");
    expect(await pods()).toEqual(before);
    await expectScreen("destroy", await filtered(printed));
  });

  it("goes to MongoDB without Kubernetes too, and imports what web wrote until it changed over", async () => {
    const [create = "", cutover = "", stopped, late] = byHand;
    const [copy, ...others] = create.split("\n");
    await runAll(copy);
    await generateSample(join(folder, "machine"), { runs: 5 });
    await writeOwnPath("Pulumi.machine.yaml", "machine");
    await runAll(others.join("\n"), `${server.uri}/machines`);

    const [mode = "", up = ""] = cutover.split("\n");
    await run(mode);
    const asked = await shell.run(up, "", 1, 255);
    expect(asked).toContain("Then set rollout.workerStopped: 1");

    const variables = await runAll(stopped);
    expect(variables).toContain("Worker__Storage__Mode: mongo\n");
    expect(variables).toContain("TaskRunner__Storage__Mode: mongo\n");
    expect(variables).not.toContain("LogsPath");

    expect(await runAll(late)).toContain("all in");
  });
});

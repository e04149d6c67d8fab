import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { version } from "../../../package.json";
import { repository } from "../../../tools/parts";
import { exampleSettings } from "../../engine/example";
import { installPacked } from "../../packed";
import { writeCalls } from "../page";
import { type ActMachine, type Checkout, copySources, startMachine } from "./machine";

const minutes = 60_000;

let machine: ActMachine;
/** A repository with the package, and no file of this one but four calls of its workflows. */
let deployment: Checkout;
beforeAll(async () => {
  machine = await startMachine();
  const workflows = await machine.checkout("taskrunner-storage");
  await copySources(workflows.folder);
  await workflows.push("a release");
  await workflows.git("push", "--quiet", "origin", `HEAD:refs/tags/v${version}`);
  deployment = await machine.checkout("deployment");
  await fill(deployment.folder, workflows.repository.fullName);
  const directory = join(machine.folder, "rollout");
  await cp(join(repository, "tools/sample/rollout"), directory, { recursive: true });
  const rollout = { target: "values", directory, confirm: "none", workerStopped: 1 };
  const { cluster } = await exampleSettings("package/Pulumi.dev.yaml");
  await deployment.addStack("test", { storageMode: "filesystem", cluster, rollout });
  await deployment.push("a deployment");
}, 40 * minutes);
afterAll(() => machine.remove());

/** What a user has after `npm install`, and after the command of the page that writes the calls. */
async function fill(folder: string, called: string): Promise<void> {
  for (const file of ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"])
    await cp(join(repository, "examples/package", file), join(folder, file));
  // As deep as the folder of a job: links in the lock file are relative.
  const installed = join(machine.folder, "act/installed/hostexecutor");
  await mkdir(installed, { recursive: true });
  await cp(join(folder, "package.json"), join(installed, "package.json"));
  await installPacked(installed);
  for (const file of ["package.json", "package-lock.json", `taskrunner-storage-${version}.tgz`])
    await cp(join(installed, file), join(folder, file));
  await writeFile(join(folder, ".gitignore"), "node_modules\n.programs\n");
  await writeCalls(folder, called);
}

const vars = { STACKS: '["test"]' };

async function setMode(mode: string): Promise<void> {
  const file = join(deployment.folder, "Pulumi.test.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/storageMode: \w+/, `storageMode: ${mode}`));
}

it(
  "preview of a repository with the package writes its comment on the pull request",
  async () => {
    const { repository: forge } = deployment;
    await deployment.git("checkout", "--quiet", "-b", "cutover");
    await setMode("mongo");
    const sha = await deployment.push("a cutover");
    const proposed = { head: "cutover", base: "main", title: "a cutover" };
    const { number } = await forge.ask<{ number: number }>("pulls", "POST", proposed);
    const repo = { full_name: forge.fullName };
    const pull_request = {
      number,
      head: { ref: "cutover", sha, repo },
      base: { ref: "main", repo },
    };
    const event = { number, pull_request };
    const run = await deployment.run("pull_request", "preview.yml", { event, vars });
    expect(run.failed, run.output).toBe(false);
    const comments = await forge.ask<{ body: string }[]>(`issues/${number}/comments`);
    expect(comments.map(({ body }) => body.split("\n")[0])).toEqual([
      "<!-- taskrunner-storage:test -->",
    ]);
    await forge.ask(`pulls/${number}/merge`, "POST", { Do: "merge" });
    await deployment.git("checkout", "--quiet", "main");
    await deployment.git("pull", "--quiet", "origin", "main");
  },
  20 * minutes,
);

it(
  "its up takes the stack to MongoDB, with the package's policies",
  async () => {
    const run = await deployment.run("push", "up.yml", { vars });
    expect(run.failed, run.output).toBe(false);
    expect(run.output).toMatch(/taskrunner-storage-?\w*@v\d/);
    expect(await deployment.outputs("test")).toMatchObject({
      storageMode: "mongo",
      verification: { holds: true },
    });
  },
  20 * minutes,
);

it(
  "its drift finds nothing, and its rollback goes back and pushes a branch",
  async () => {
    const drift = await deployment.run("workflow_dispatch", "drift.yml", { vars });
    expect(drift.failed, drift.output).toBe(false);
    const event = { inputs: { stack: "test" } };
    const run = await deployment.run("workflow_dispatch", "rollback.yml", { event, vars });
    expect(run.failed, run.output).toBe(false);
    expect(await deployment.outputs("test")).toMatchObject({ storageMode: "filesystem" });
    const branch = "branches/taskrunner-storage%2Ffilesystem-test";
    const { name } = await deployment.repository.ask<{ name: string }>(branch);
    expect(name).toBe("taskrunner-storage/filesystem-test");
  },
  30 * minutes,
);

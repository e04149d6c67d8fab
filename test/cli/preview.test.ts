import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { back, created, forward, previewOf, turned } from "../review/steps";
import { commandsPerTest } from "./run";

const current = commandsPerTest();
let bin: string;
beforeEach(async () => {
  bin = join(current.location, "bin");
  await mkdir(bin);
});

/** A `pulumi` that prints this and ends with this status. */
async function play(stdout: string, { stderr = "", status = 0 } = {}) {
  await writeFile(join(bin, "stdout"), stdout);
  await writeFile(join(bin, "stderr"), stderr);
  const program = `#!/bin/sh\necho "$@" > arguments\nset -- "$(dirname "$0")"\ncat "$1/stdout"\ncat "$1/stderr" >&2\nexit ${status}\n`;
  await writeFile(join(bin, "pulumi"), program);
  await chmod(join(bin, "pulumi"), 0o755);
}

const path = () => [bin, process.env.PATH].join(delimiter);
const preview = (...more: string[]) =>
  current.run(["preview", ...more], { PATH: path(), GITHUB_TOKEN: "ghs_secret" });

const info = (message: string) => ({ severity: "info", message });
const warn = (message: string) => ({ severity: "warning", message });
const cutover = [
  turned("taskrunner:BulkPass", "FilesystemBackfill", forward),
  turned("taskrunner:Handover", "Handover", forward),
  turned("taskrunner:ValuesFile", "WorkerRollout", forward, { more: { values: "x" } }),
  created("kubernetes:core/v1:Secret", "mongo", {}, "Services"),
];

it("prints the headline, what to look at, each planned step in order, and every other change", async () => {
  const diagnostics = [
    info("Import 132 runs, 40.0 MB [planned]\n"),
    info("progress of no interest"),
    info("Change the worker to MongoDB [planned]\n"),
    warn("Canary left out: the program sees no pods. [canary-left-out]"),
  ];
  await play(previewOf(cutover, { diagnostics }));
  const { stdout, stderr, exitCode } = await preview();

  expect(stderr).toContain("Running pulumi preview\n");
  expect(stdout).toBe(`staging: cut over to MongoDB: you stop the worker

Look into this:
  - the stack does not stop the worker. Stop it yourself before \`up\`, or what it executes meanwhile is lost
  - unfinished runs were not counted

What \`pulumi up\` will do, in order:
  Import 132 runs, 40.0 MB
  Change the worker to MongoDB

It also changes:
  create kubernetes:Secret mongo

Warnings:
  Canary left out: the program sees no pods. [canary-left-out]

Undo: \`storageMode: filesystem\` and \`pulumi up\`, which exports what changed in MongoDB (the workflow \`rollback\` does both)`);
  expect(exitCode).toBe(2);
});

it("fits on a screen, whatever the number of steps, resources and warnings", async () => {
  const many = Array.from({ length: 40 }, (_none, at) => at);
  const text = "The release has other values than would be applied. ".repeat(3);
  const diagnostics = many.flatMap((at) => [info(`step ${at} [planned]`), warn(text + String(at))]);
  const resources = many.map((at) => created("aws:x:Y", `thing-${at}`, {}, "Else"));
  await play(previewOf([...cutover, ...resources], { diagnostics }));
  const { stdout } = await preview();

  expect(stdout.split("\n").length).toBeLessThanOrEqual(45);
  expect(stdout).toContain("and 24 more: `pulumi preview`");
});

it("ends with 0 if there is nothing to do, as JSON if it is asked for", async () => {
  await current.run(["apply"]);
  await play(previewOf([{ op: "same", type: "~mongo:Index", name: "i" }]));
  const { stdout, exitCode } = await preview("--json");

  expect(JSON.parse(stdout)).toMatchObject({
    headline: "staging: no changes",
    level: "clear",
    planned: [],
  });
  expect(exitCode).toBe(0);
});

it("ends with 3 if `pulumi up` would stop, and says where", async () => {
  const stop = "`pulumi up` will stop here. No member answered. [stop: rollback-refused]";
  const steps = [turned("taskrunner:Handover", "Handover", back)];
  await play(previewOf(steps, { diagnostics: [warn(stop)] }));
  const { stdout, exitCode } = await preview();

  expect(stdout).toMatch(/^staging: roll back to files$/m);
  expect(stdout).toContain(`It will stop:\n  ${stop}`);
  expect(exitCode).toBe(3);
});

it("of a preview that failed it prints the errors, without secrets and without a plan", async () => {
  const diagnostics = [{ severity: "error", message: "no login\u001b[2J with ghs_secret" }];
  await play(JSON.stringify({ diagnostics }), { status: 255 });
  const { stdout, stderr, exitCode } = await preview();

  expect(stdout).toContain("stack: the preview failed\n");
  expect(stdout).toContain("Errors:\n  no login\ufffd[2J with [secret]");
  expect(stderr).not.toContain("Connecting");
  expect(exitCode).toBe(1);
});

it("of a preview that could not begin it prints Pulumi's reason in one line", async () => {
  await play("", {
    stderr: "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE\n",
    status: 255,
  });
  expect(await preview()).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: expect.stringContaining(
      "pulumi preview failed: error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE. Fix that",
    ) as string,
  });
});

it("previews with the settings file that the plan reads", async () => {
  const file = join(current.location, "Pulumi.other.yaml");
  await writeFile(file, "config: {}\n");
  await play(previewOf(cutover));
  const called = () => readFile(join(current.location, "arguments"), "utf8");

  await preview("--settings", file, "--stack", "other");
  expect(await called()).toContain(`--stack other --config-file ${file}`);
  await current.run(["preview"], { PATH: path(), TASKRUNNER_SETTINGS: file });
  expect(await called()).toMatch(/never --config-file .*other\.yaml$/m);
});

it("says that Pulumi is missing", async () => {
  const { exitCode, stderr } = await current.run(["preview"], { PATH: bin });
  expect(exitCode).toBe(64);
  expect(stderr).toContain("pulumi is not on PATH. Install Pulumi");
});

it("without MongoDB the figures are missing, and the rest is there", async () => {
  await play(previewOf(cutover));
  const file = join(current.location, "uri");
  await writeFile(file, "mongodb://127.0.0.1:1/taskrunner");
  const unreached = await preview("--uri-file", file, "--connect-timeout", "0.5");
  expect(unreached.stdout).toContain("missing, because the plan did not reach it");
  expect(unreached.exitCode).toBe(2);

  const { stdout, stderr, exitCode } = await preview("--uri-file", "none");

  expect(stderr).toContain("The figures of MongoDB are missing: The file none");
  expect(stdout).toContain("- the figures of MongoDB are missing, because there is no plan");
  expect(exitCode).toBe(2);
});

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Long } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { commandsPerTest, type Variables } from "./run";

const current = commandsPerTest();
const { run, uri } = current;

/** A stack `test` whose state is beside its file. */
beforeEach(async () => {
  await generateSample(join(current.location, "state"), { runs: 3 });
  await settings("Pulumi.test.yaml", { mongoUri: uri(), backfill: { source: { path: "state" } } });
});

const away = "mongodb://migrator:geheim@127.0.0.1:1/taskrunner";
const connecting = () => `Connecting to 127.0.0.1:${current.server.port}`;

function settings(name: string, values: object): Promise<void> {
  const config = Object.entries({ storageMode: "mongo", ...values }).map(([key, value]) => [
    `taskrunner-storage:${key}`,
    value as unknown,
  ]);
  const file = { config: Object.fromEntries(config) as object };
  return writeFile(join(current.location, name), JSON.stringify(file));
}

it.each<[string, string[], string]>([
  ["without a command", [], "Usage: taskrunner-storage"],
  ["an unknown command", ["ledger"], "unknown command 'ledger'"],
  ["the help of an unknown command", ["help", "statsu"], "unknown command 'statsu'"],
  ["a misspelt command", ["statsu"], "(Did you mean status?)"],
  ["an unknown option", ["apply", "--follows", "x"], "unknown option '--follows'"],
  ["a missing option", ["comment"], "required option '--preview <file>' not specified"],
  ["a removed option", ["import", "--shard", "1/2"], "unknown option '--shard'"],
  ["a time that is none", ["status", "--connect-timeout", "soon"], "a number of seconds"],
  ["no state directory", ["verify"], "Set --state, or backfill.source.path"],
  ["no state in it", ["import", "--state", "/nowhere"], "/nowhere is not a readable directory"],
  ["nowhere to export to", ["export", "--state", "/nowhere"], "/nowhere is not a directory"],
  ["no such settings", ["status", "--settings", "none"], "file none does not exist"],
  ["no such preview", ["comment", "--preview", "none"], "none of --preview does not exist"],
  [
    "no such connection string",
    ["status", "--uri-file", "none"],
    "none of --uri-file does not exist",
  ],
])("%s is wrong usage: 64", async (_name, args, words) => {
  // It is found before anything connects.
  const { exitCode, stderr, stdout } = await run(args, { TASKRUNNER_MONGO_URI: away });
  expect(stderr).toContain(words);
  expect(exitCode).toBe(64);
  expect(stdout + stderr).not.toContain("Connecting");
});

it.each([
  ["", "TASKRUNNER_MONGO_URI is not set, so there is no connection string"],
  ["geheim@127.0.0.1", "TASKRUNNER_MONGO_URI is not a connection string"],
  ["mongodb://127.0.0.1:1", "TASKRUNNER_MONGO_URI names no database"],
])("a connection string %j is wrong usage, and is not repeated", async (given, words) => {
  const { exitCode, stderr } = await run(["status"], { TASKRUNNER_MONGO_URI: given });
  expect(exitCode).toBe(64);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("geheim");
});

it.each([["mongodb://127.0.0.1:1"], [""]])("doctor shows what is missing in %j", async (given) => {
  await settings("Pulumi.test.yaml", { storageMode: "mongo" });
  const args = ["doctor", "--settings", "Pulumi.test.yaml"];
  const { stdout } = await run(args, { TASKRUNNER_MONGO_URI: given });
  expect(stdout).toMatch(/names no database|no connection string/);
  expect(stdout).not.toContain("***");
});

it.each([
  ...["status", "plan", "apply", "script", "import", "verify", "export"].map((name) => [name]),
])("%s refuses an unknown setting: 64", async (...args) => {
  await settings("Pulumi.test.yaml", { rollot: { target: "helm" } });
  const { exitCode, stderr } = await run([...args, "--settings", "Pulumi.test.yaml"]);
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/rollot: .* allowed: storageMode,/);
});

it("a settings file that is not YAML is wrong usage, with the line", async () => {
  await writeFile(join(current.location, "Pulumi.test.yaml"), "config:\n  a: 1\n b: 2\n");
  const { exitCode, stderr } = await run(["script", "--settings", "Pulumi.test.yaml"]);
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/Pulumi\.test\.yaml is not valid YAML \(line 3: .*\)\. Fix the syntax\./);
});

it("with --json an error is one value, with its kind", async () => {
  const failed = async (args: string[], TASKRUNNER_MONGO_URI = away) => {
    const { stdout } = await run([...args, "--json"], { TASKRUNNER_MONGO_URI });
    const { error } = JSON.parse(stdout) as { error: { message: string; code: string } };
    return error;
  };
  expect(await failed(["ledger"])).toMatchObject({ code: "usage" });
  expect(await failed(["verify"])).toMatchObject({ code: "usage" });
  await settings("Pulumi.wrong.yaml", { rollot: {} });
  expect(await failed(["plan", "--settings", "Pulumi.wrong.yaml"])).toMatchObject({
    code: "settings",
  });
  const unreachable = await failed(["status", "--connect-timeout", "0.5"]);
  expect(unreachable).toMatchObject({
    code: "connection",
    message: expect.stringContaining("127.0.0.1:1 failed") as string,
  });
  expect(unreachable.message).not.toContain("geheim");
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  await current.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
  expect(await failed(["apply"], uri())).toMatchObject({ code: "data-issues" });
});

it("the result stays with --quiet, and nothing else is said", async () => {
  for (const name of ["import", "status", "script"]) {
    const loud = await run([name, "--settings", "Pulumi.test.yaml"]);
    expect(loud.stderr, name).toBe(name === "script" ? "" : connecting());
    const quiet = await run([name, "--settings", "Pulumi.test.yaml", "--quiet"]);
    expect(quiet, name).toMatchObject({ stderr: "", exitCode: 0 });
    expect(quiet.stdout.split(/[:\n]/)[0]).toBe(loud.stdout.split(/[:\n]/)[0]);
    expect(quiet.stdout).not.toBe("");
  }
});

it("a command that connects to nothing takes the options of those that do, for scripts", async () => {
  await writeFile(join(current.location, "preview.json"), '{"steps":[]}');
  for (const args of [["script"], ["comment", "--preview", "preview.json"]]) {
    const given = ["--stack", "none", "--settings", "Pulumi.test.yaml", "--connect-timeout", "5"];
    const { exitCode, stderr } = await run([
      ...args,
      ...given,
      "--quiet",
      "--uri-file",
      "/dev/null",
    ]);
    expect([exitCode, stderr], args[0]).toEqual([0, ""]);
  }
});

it("the state directory is backfill.source.path if --state is not given", async () => {
  for (const name of ["import", "backfill", "verify", "export"]) {
    const { stdout, exitCode } = await run([name, "--settings", "Pulumi.test.yaml"]);
    expect(exitCode, name).toBe(0);
    expect(stdout).toContain(join(current.location, "state"));
  }
  expect(await current.db.collection("pack_runs").countDocuments()).toBe(3);
});

it("every line of a table fits 80 columns", async () => {
  for (const name of ["import", "verify", "export"]) {
    const { stdout } = await run([name, "--settings", "Pulumi.test.yaml"]);
    const [, table = ""] = stdout.split("\n\n");
    expect(table, name).toContain("approvals");
    expect(table.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

it("a file of --uri-file comes before TASKRUNNER_MONGO_URI, and that before the settings' plain mongoUri", async () => {
  await writeFile(join(current.location, "uri.txt"), `${uri()}\n`);
  const status = (args: string[], given?: string) =>
    run(["status", ...args], { TASKRUNNER_MONGO_URI: given });

  expect((await status(["--uri-file", "uri.txt"], away)).exitCode).toBe(0);
  const late = ["--connect-timeout", "0.5"];
  expect((await status(["--settings", "Pulumi.test.yaml", ...late], away)).stderr).toContain(
    "127.0.0.1:1 failed",
  );
  expect((await status(["--settings", "Pulumi.test.yaml"])).exitCode).toBe(0);
  await settings("Pulumi.test.yaml", { mongoUri: { secure: "v1:abc" } });
  expect((await status(["--settings", "Pulumi.test.yaml"])).exitCode).toBe(64);
});

it("TASKRUNNER_SETTINGS names the settings file if no option does", async () => {
  const env = { TASKRUNNER_SETTINGS: "Pulumi.test.yaml", TASKRUNNER_MONGO_URI: undefined };
  expect((await run(["verify"], env)).stderr).toContain(connecting());
  expect((await run(["status", "--settings", "none"], env)).stderr).toContain("file none");
});

it("shows the help of a command as --help does", async () => {
  for (const name of ["plan", "backfill"]) {
    expect(await run(["help", name])).toEqual(await run([name, "--help"]));
  }
  expect((await run(["help"])).stdout).toBe((await run(["--help"])).stdout);
});

describe("with --stack", () => {
  /** What stands in for `pulumi`: it knows the stack `prod`, and opens its secrets for one passphrase. */
  const config = (secrets: boolean) => ({
    "taskrunner-storage:storageMode": { value: "mongo", secret: false },
    "taskrunner-storage:backfill": { value: '{"source":{"path":"state"}}', secret: false },
    "taskrunner-storage:mongoUri": secrets ? { value: uri(), secret: true } : { secret: true },
  });
  const play = async (more: object = {}) => {
    const [shown, others] = [true, false].map((secrets) =>
      JSON.stringify({ ...config(secrets), ...more }),
    );
    const program = [
      "#!/bin/sh",
      'case "$* " in "stack --show-name "*) [ "$SELECTED" ] && exec echo "$SELECTED" ;; esac',
      'case "$* " in *"--stack prod "*) ;; *) echo "error: no stack" >&2; exit 6 ;; esac',
      'case "$*" in',
      `*--show-secrets*) [ "$PULUMI_CONFIG_PASSPHRASE" = right ] && echo '${String(shown)}' ;;`,
      `*) echo '${String(others)}' ;;`,
      "esac",
    ];
    await mkdir(join(current.location, "bin"));
    await writeFile(join(current.location, "bin/pulumi"), `${program.join("\n")}\n`);
    await chmod(join(current.location, "bin/pulumi"), 0o755);
  };
  const ask = (args: string[], env: Variables = {}) =>
    run(args, { PATH: `${join(current.location, "bin")}:${String(process.env.PATH)}`, ...env });
  const stack = ["--stack", "prod"];

  it("reads what Pulumi reads, with the connection string if its secrets can be opened", async () => {
    await play();
    const unset = { TASKRUNNER_MONGO_URI: undefined };
    const opened = await ask(["verify", ...stack], { ...unset, PULUMI_CONFIG_PASSPHRASE: "right" });
    expect(opened.stderr).toContain(connecting());
    expect(opened.stdout).toContain(join(current.location, "state"));

    expect((await ask(["import", ...stack])).exitCode).toBe(0);
    const closed = await ask(["import", ...stack], unset);
    expect(closed).toMatchObject({ exitCode: 64 });
    expect(closed.stderr).toMatch(/mongoUri of stack .* is encrypted.*PULUMI_CONFIG_PASSPHRASE/);
  });

  it("is the selected stack by default, unless an option or a variable names other settings", async () => {
    await play();
    const env = { TASKRUNNER_MONGO_URI: undefined, PULUMI_CONFIG_PASSPHRASE: "right" };
    const selected = await ask(["verify"], { ...env, SELECTED: "prod" });
    expect(selected.stderr).toMatch(/^Stack prod is selected\.\nConnecting to /);
    expect(selected.stdout).toContain(join(current.location, "state"));
    const quiet = await ask(["import", "--quiet"], { ...env, SELECTED: "prod" });
    expect(quiet).toMatchObject({ stderr: "", exitCode: 0 });

    expect((await ask(["verify", ...stack], { ...env, SELECTED: "other" })).exitCode).toBe(0);
    const file = ["verify", "--settings", "Pulumi.test.yaml"];
    expect((await ask(file, { ...env, SELECTED: "prod" })).stderr).not.toContain("selected");
    const named = { ...env, SELECTED: "prod", TASKRUNNER_SETTINGS: "Pulumi.test.yaml" };
    expect((await ask(["verify"], named)).stderr).not.toContain("selected");
    const none = await ask(["status"], env);
    expect(none.exitCode).toBe(64);
    expect(none.stderr).toContain("No stack is selected: name one with --stack NAME.");
  });

  it("refuses a secret setting that it cannot open, instead of a default", async () => {
    await play({ "taskrunner-storage:mongo": { secret: true } });
    const { exitCode, stderr } = await ask(["script", ...stack]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain("taskrunner-storage:mongo is secret");
  });

  it("names --settings if Pulumi refuses, or is missing", async () => {
    await play();
    const refused = await ask(["status", "--stack", "org/p/none"]);
    expect(refused.exitCode).toBe(64);
    expect(refused.stderr).toContain("pulumi config says: error: no stack. Fix that, or name");
    expect(refused.stderr).toContain("--settings, such as Pulumi.none.yaml");
    const missing = await ask(["status", ...stack], { PATH: join(process.execPath, "..") });
    expect(missing.stderr).toContain("pulumi is not on PATH");
  });

  it("refuses a file that imports environments, which only Pulumi opens", async () => {
    await writeFile(join(current.location, "esc.yaml"), "environment: [prod]\nconfig: {}\n");
    const { exitCode, stderr } = await run(["script", "--settings", "esc.yaml"]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain("esc.yaml imports environments");
  });
});

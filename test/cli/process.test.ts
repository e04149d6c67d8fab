import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { Long } from "mongodb";
import { expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { peakMb } from "../memory";
import { bundledCommands } from "./bundled";
import { commandsPerTest, type Variables } from "./run";

// Every other test of a command runs it in the test's process (run.ts).
const current = commandsPerTest();
const bin = bundledCommands();

/** A command as a process of its own. */
const start = (args: readonly string[], env: Variables = {}) =>
  execa("node", [bin, ...args], {
    env: { TASKRUNNER_MONGO_URI: current.uri(), ...env },
    cwd: current.location,
    reject: false,
  });

it("each command's process ends with its status", async () => {
  const state = ["--state", "state"];
  await generateSample(join(current.location, "state"), { runs: 3 });
  await writeFile(join(current.location, "state/state/runs/broken.json"), "{");
  await writeFile(join(current.location, "preview.json"), '{"steps":[{"op":"update","urn":"u"}]}');
  await writeFile(join(current.location, "approval.json"), "[]");
  const comment = ["comment", "--preview", "preview.json"];
  const inOrder: readonly (readonly [status: number, ...args: string[]])[] = [
    [0, "--version"],
    [0, "script"],
    [2, "plan"],
    [0, "apply"],
    [2, "import", ...state],
    [2, "verify", ...state],
    [0, "export", ...state],
    [0, "status"],
    [3, ...comment, "--expect-no-changes"],
    [4, ...comment, "--approved", "approval.json"],
    [1, "step", "nothing", "--request", "none", "--answer", "answer"],
    [64, "ledger"],
  ];
  for (const [status, ...args] of inOrder) {
    const { exitCode, stdout, stderr } = await start(args);
    expect([args[0], exitCode], stdout + stderr).toEqual([args[0], status]);
  }
});

// The high-water mark of another process is read where Linux keeps it.
it.runIf(process.platform === "linux")(
  "a million lines that are refused take no memory of their own, and are all in quarantine.ndjson",
  async () => {
    const refused = 1_000_000;
    const folder = join(current.location, "state/logs/runs");
    await mkdir(folder, { recursive: true });
    for (let file = 0; file < 10; file += 1) {
      const lines = Array.from({ length: refused / 10 }, (_, at) => `{"sequence": ${at}}\n`);
      await writeFile(join(folder, `r-${file}.ndjson`), lines.join(""));
    }
    const importing = start(["import", "--state", "state", "--json", "--quiet"]);
    let peak = 0;
    const looking = setInterval(() => {
      peak = peakMb(importing.pid) ?? peak;
    }, 20);
    const { stdout, exitCode } = await importing.finally(() => {
      clearInterval(looking);
    });

    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ logs: { quarantined: refused } });
    const { stdout: written } = await execa("wc", [
      "-l",
      join(current.location, "quarantine.ndjson"),
    ]);
    expect(written).toMatch(/^\s*1000000 /);
    expect(peak).toBeGreaterThan(0);
    // Of about 280 MB, 40 are in use, however many lines there are: the rest is what V8 collects later.
    expect(peak).toBeLessThan(350);
  },
  180_000,
);

it("apply that data block ends with 3", async () => {
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  await current.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
  expect((await start(["apply"])).exitCode).toBe(3);
});

it("says at once where it connects to, and gives up after --connect-timeout", async () => {
  // It lets everyone in and says nothing.
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const TASKRUNNER_MONGO_URI = `mongodb://127.0.0.1:${port}/taskrunner`;
  const looked = ["status", "--connect-timeout", "1.5"];
  const began = Date.now();
  const { stderr, exitCode } = await start(looked, { TASKRUNNER_MONGO_URI });
  silent.close();
  // The process has ended too, not only said so.
  expect(Date.now() - began).toBeLessThan(20_000);
  expect(stderr).toMatch(
    new RegExp(`^Connecting to 127\\.0\\.0\\.1:${port}\n.* timed out .*1500 ms`),
  );
  expect(exitCode).toBe(1);
});

it.each([
  ["apply", 0],
  ["plan", 2],
])("%s reads a pipe of --uri-file, which can be read once", async (command, status) => {
  const settings = join(current.location, "Pulumi.files.yaml");
  await writeFile(settings, "config:\n  x:storageMode: filesystem\n");
  const line = `node "$BIN" ${command} --settings ${settings} --uri-file <(printf %s "$URI")`;
  const options = {
    env: { BIN: bin, URI: current.uri() },
    reject: false,
    timeout: 30_000,
  } as const;
  const { exitCode, stderr } = await execa("bash", ["-c", line], options);

  expect(exitCode, stderr).toBe(status);
});

it.each(["--help", "help import"])("%s ends quietly if its pipe closes", async (args) => {
  const options = { env: { BIN: bin }, cwd: current.location, timeout: 30_000 } as const;
  // The reader is gone before anything is written.
  const line = `{ sleep 0.2; node "$BIN" ${args}; } | true`;
  const { stderr } = await execa("bash", ["-c", line], options);

  expect(stderr).toBe("");
});

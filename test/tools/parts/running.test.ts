import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { repository } from "../../../tools/parts";
import { hasExited, startChild } from "../../../tools/parts/child";
import { commandLine } from "../../../tools/parts/running";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "running-"));
});
afterAll(() => rm(folder, { recursive: true }));

const start = (...command: [string, ...string[]]) =>
  startChild(command, { log: join(folder, "log") });

it("a program has its command line from the moment it was started", async () => {
  for (let round = 0; round < 200; round += 1) {
    const child = await start("/bin/sleep", "60");
    expect(await commandLine(child.pid ?? 0)).toBe("/bin/sleep 60");
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

it("one that ended has none, and is not waited for", async () => {
  const child = await start("/bin/true");
  // It may have ended before anybody listens.
  if (!hasExited(child)) await once(child, "exit");
  const began = performance.now();
  expect(await commandLine(child.pid ?? 0)).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(2_000);
});

it.each([["SIGKILL"], ["SIGTERM"]] as const)(
  "ends with the program that started it, by %s",
  async (signal) => {
    const started = `
    import { startChild } from "${join(repository, "tools/parts/child.ts")}";
    const child = await startChild(["/bin/sleep", "60"], { log: "/dev/null" });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
    const script = join(folder, `${signal}.mts`);
    await writeFile(script, started);
    const program = spawn("node_modules/.bin/tsx", [script], {
      cwd: repository,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(program.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(await commandLine(pid)).toBe("/bin/sleep 60");
    process.kill(-(program.pid ?? 0), signal);
    await vi.waitFor(async () => {
      expect(await commandLine(pid)).toBeUndefined();
    }, 5_000);
  },
);

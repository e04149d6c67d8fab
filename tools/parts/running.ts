import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf } from "./run";

/** The command line of a running process; undefined if there is none. */
export async function commandLine(pid: number): Promise<string | undefined> {
  const line =
    platform() === "linux"
      ? await fromProc(pid)
      : await answerOf("ps", "-ww", "-o", "args=", "-p", `${pid}`);
  // A zombie has an empty command line.
  return line === "" ? undefined : line;
}

/** Maximum time in ms for loading a program. */
const loadingLimit = 5_000;

async function fromProc(pid: number): Promise<string> {
  const deadline = Date.now() + loadingLimit;
  for (;;) {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (text !== "" || Date.now() >= deadline) return text.replaceAll("\0", " ").trim();
    // While the system loads a program, it is alive with an empty command line.
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // After the name, which may contain anything.
    const state = stat.charAt(stat.lastIndexOf(")") + 2);
    if (state === "" || "ZXx".includes(state)) return "";
    await sleep(5);
  }
}

/** Terminates a process, by force after 30 seconds, and waits until it is gone. */
export async function stopByPid(pid: number): Promise<void> {
  signal(pid, "SIGTERM");
  await untilGone(pid, 30_000);
}

/** Kills a process and waits until it is gone. */
export async function killByPid(pid: number): Promise<void> {
  await untilGone(pid, 0);
}

/** @param patience in ms, until it is killed */
async function untilGone(pid: number, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  while ((await commandLine(pid)) !== undefined) {
    if (Date.now() >= deadline) signal(pid, "SIGKILL");
    await sleep(50);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

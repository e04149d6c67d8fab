import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf } from "./run";

/** The command line of a running program, or undefined if there is none of that id. */
export async function commandLine(pid: number): Promise<string | undefined> {
  const line =
    platform() === "linux"
      ? await fromProc(pid)
      : await answerOf("ps", "-ww", "-o", "args=", "-p", `${pid}`);
  // A program that ended and was not yet collected has an empty one.
  return line === "" ? undefined : line;
}

/** How long a program may take to be loaded, in milliseconds. */
const loadingLimit = 5_000;

async function fromProc(pid: number): Promise<string> {
  const deadline = Date.now() + loadingLimit;
  for (;;) {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (text !== "" || Date.now() >= deadline) return text.replaceAll("\0", " ").trim();
    // While the system still loads a program's file, it is alive and has an empty command line.
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // Behind the name, which may have anything in it.
    const state = stat.charAt(stat.lastIndexOf(")") + 2);
    if (state === "" || "ZXx".includes(state)) return "";
    await sleep(5);
  }
}

/** Asks a program to end, waits until it is gone, and ends it by force after 30 seconds. */
export async function stopByPid(pid: number): Promise<void> {
  signal(pid, "SIGTERM");
  await untilGone(pid, 30_000);
}

/** Ends a program by force, and waits until it is gone. */
export async function killByPid(pid: number): Promise<void> {
  await untilGone(pid, 0);
}

/** @param patience how long it may take before it is ended by force, in milliseconds */
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

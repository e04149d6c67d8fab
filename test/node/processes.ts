import { readdir, readFile, readlink } from "node:fs/promises";

/** A process of this machine, also of the node's own namespaces. */
export interface Process {
  readonly pid: number;
  /** The command line, each word with a NUL after it; empty if the process has ended. */
  readonly line: string;
  /** The name of its mount namespace; empty if the process has ended. */
  readonly mounts: string;
}

/** Every process of this machine. */
export async function processes(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      line: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
      mounts: await readlink(`/proc/${pid}/ns/mnt`).catch(() => ""),
    })),
  );
}

import { readFileSync } from "node:fs";

/**
 * The most memory that a process had at once, in MB. On Linux, `getrusage` includes the parent's size at the start, so
 * this reads the process's own high-water mark.
 *
 * @returns undefined where Linux does not keep it, and once the process has ended
 */
export function peakMb(pid: number | "self" = "self"): number | undefined {
  try {
    const kb = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kb === undefined ? undefined : (Number(kb) * 1_024) / 1e6;
  } catch {
    return undefined;
  }
}

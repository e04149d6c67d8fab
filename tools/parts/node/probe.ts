import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { executable } from "../run";

const programs = ["unshare", "mount", "ip", "tar"];

/** What a node does with this machine, in a folder; prints what it tries before each step. */
const script = `set -e
cd "$1"
echo "an overlay mount"
mkdir lower upper work merged
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none merged
echo "a mount over /run"
mount -t tmpfs none /run
for controller in pids memory cpu; do
  folder=/sys/fs/cgroup/$controller
  [ -d $folder ] || folder=/sys/fs/cgroup
  echo "a cgroup in $folder"
  mkdir $folder/$2
  rmdir $folder/$2
done
echo "a network namespace with a bridge"
unshare --net ip link add $2 type bridge
`;

/**
 * Why this machine cannot run a real node, as text; undefined if it can. It tries mounts, cgroups and a network
 * namespace, in namespaces of its own.
 */
export async function whatNodeLacks(): Promise<string | undefined> {
  if (platform() !== "linux") return `needs Linux, not ${platform()}`;
  if (process.getuid?.() !== 0) return "needs root";
  const missing = programs.filter((name) => executable(name) === undefined);
  if (missing.length > 0) return `needs ${missing.join(", ")} on PATH`;
  const folder = await mkdtemp(join(tmpdir(), "node-probe-"));
  const args = [...ownNamespaces, "sh", "-c", script, "sh", folder, `trs-${process.pid}`];
  try {
    await promisify(execFile)("unshare", args, { timeout: 20_000 });
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const steps = ["namespaces of processes and mounts", ...stdout.split("\n").filter(Boolean)];
    return `needs what is not allowed here: ${steps.at(-1)} (${stderr.trim().split("\n").at(-1) ?? ""})`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Arguments of `unshare` for a program whose processes and mounts end with it, also after SIGKILL. */
export const ownNamespaces = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc"];

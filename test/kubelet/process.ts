import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { ContainerEnvironment } from "./environment";

/** As whom a container's process runs. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** Its other groups. */
  readonly groups: readonly number[];
}

/** The command line by which a program runs as a user: Node.js gives a child no groups. */
function asUser(line: readonly string[], user: ProcessUser | undefined): readonly string[] {
  if (!user) return line;
  const { uid, gid, groups } = user;
  const also = groups.length > 0 ? `--groups=${groups.join(",")}` : "--clear-groups";
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, also, ...line];
}

/** A container's process. */
export class ContainerProcess {
  /** What it printed so far, both outputs. */
  output = "";
  /** Undefined while it runs; 128 and the signal's number where a signal ended it. */
  exitCode: number | undefined;
  private readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;

  /** @param user default: the one who runs this */
  constructor(
    line: readonly string[],
    env: ContainerEnvironment,
    cwd?: string,
    user?: ProcessUser,
  ) {
    const [program = "", ...args] = asUser(line, user);
    this.child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.child.on("error", (error) => (this.output += `${String(error)}\n`));
    this.ended = once(this.child, "close").catch(() => undefined);
    this.child.on("close", (code, signal) => {
      this.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 128);
    });
    const kill = () => this.child.kill("SIGKILL");
    process.once("exit", kill);
    this.child.once("close", () => process.off("exit", kill));
  }

  /**
   * Asks it to end, ends it by force after the grace period, and waits until it is gone.
   *
   * @param seconds the grace period
   */
  async end(seconds: number): Promise<void> {
    if (this.exitCode !== undefined) return;
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.child.kill("SIGKILL"), seconds * 1_000);
    await this.ended;
    clearTimeout(force);
  }
}

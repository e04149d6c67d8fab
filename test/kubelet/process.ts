import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Environment } from "./environment";

/** A container's process. */
export class ContainerProcess {
  /** What it printed so far, both outputs. */
  output = "";
  /** Undefined while it runs; 128 and the signal's number where a signal ended it. */
  exitCode: number | undefined;
  private readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;

  constructor([program = "", ...args]: readonly string[], env: Environment, cwd?: string) {
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

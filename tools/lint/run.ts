import { spawnSync } from "node:child_process";
import { PartError, repository } from "../parts";

/** Runs a checker on the repository and sets its exit status, or 1 if it cannot run. */
export async function runCheck(program: Promise<string>, args: readonly string[]): Promise<void> {
  try {
    const { status } = spawnSync(await program, args, { cwd: repository, stdio: "inherit" });
    process.exitCode = status ?? 1;
  } catch (error) {
    if (!(error instanceof PartError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

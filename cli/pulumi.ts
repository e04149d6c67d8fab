import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs a command of Pulumi, which asks nothing.
 *
 * @param command such as `["config", "--json"]`
 * @returns its standard output
 * @throws the error of `execFile`: with the code ENOENT if Pulumi is not on PATH, otherwise with `stdout` and `stderr`
 */
export async function runPulumi(
  command: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const args = [...command, "--non-interactive", "--color", "never", ...options];
  return (await run("pulumi", args, { maxBuffer: Infinity })).stdout;
}

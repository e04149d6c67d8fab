import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { errorCode } from "../components/text";
import { UsageError } from "./command";

const run = promisify(execFile);

/**
 * Runs a command of Pulumi, which asks nothing.
 *
 * @param command such as `["config", "--json"]`
 * @returns its standard output
 * @throws UsageError if Pulumi is not on PATH, otherwise the error of `execFile` with `stdout` and `stderr`
 */
export async function runPulumi(
  command: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const args = [...command, "--non-interactive", "--color", "never", ...options];
  try {
    return (await run("pulumi", args, { maxBuffer: Infinity })).stdout;
  } catch (error) {
    if (errorCode(error, "") !== "ENOENT") throw error;
    const text = "pulumi is not on PATH. Install Pulumi, or add its folder to PATH.";
    throw new UsageError(text, { cause: error });
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { errorCode, redact } from "../components/contract/text";
import { UsageError } from "./errors";

const run = promisify(execFile);
const known = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

/**
 * What Pulumi itself reads for a stack: its file, the project's keys and its environments, by their full
 * keys. Secrets are among them if they can be opened here; the others are `{ secure }`, as in a file.
 *
 * @throws UsageError if there is no Pulumi, or it does not read them
 */
export function stackConfig(stack: string): Promise<Readonly<Record<string, unknown>>> {
  const found = known.get(stack) ?? readStack(stack);
  known.set(stack, found);
  return found;
}

async function readStack(stack: string): Promise<Readonly<Record<string, unknown>>> {
  const args = ["config", "--json", "--non-interactive", "--color", "never", "--stack", stack];
  try {
    const { stdout } = await run("pulumi", [...args, "--show-secrets"]).catch(() =>
      run("pulumi", [...args, "--open"]),
    );
    const all = Object.entries(JSON.parse(stdout) as Record<string, { readonly value?: string }>);
    return Object.fromEntries(all.map(([key, { value }]) => [key, value ?? { secure: "" }]));
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    const why =
      errorCode(error, "") === "ENOENT"
        ? "pulumi is not on PATH"
        : `pulumi config says: ${redact(stderr.trim() || String(error))}`;
    throw new UsageError(
      `The settings of stack ${stack} cannot be read: ${why}. Fix that, or name the stack's file with ` +
        `--settings, such as Pulumi.${stack.split("/").at(-1) ?? stack}.yaml.`,
      { cause: error },
    );
  }
}

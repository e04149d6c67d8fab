import { chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";

/**
 * A values file cannot be read, used, edited safely or written; it was left as it stood. The message
 * names the file and what was found, never a value: a file may hold a password.
 */
export class ValuesFileError extends Error {
  override readonly name = "ValuesFileError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} cannot be used: ${found}. ${advice}`);
  }
}

/**
 * The text of a values file.
 *
 * @throws ValuesFileError where it is missing, unreachable or not UTF-8
 */
export async function readValuesFile(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    throw new ValuesFileError(
      file,
      `it cannot be read (${codeOf(error)})`,
      "Check rollout.directory, rollout.worker.file and rollout.web.file.",
    );
  }
}

/**
 * Writes a values file aside and renames it, so that it is never there in half. Its permissions
 * stay, and a symbolic link goes on pointing to it.
 *
 * @throws ValuesFileError where its folder cannot be written
 */
export async function replaceValuesFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  const aside = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(aside, text, { flush: true });
    await chmod(aside, (await stat(target)).mode);
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw new ValuesFileError(
      file,
      `its directory cannot be written (${codeOf(error)})`,
      "Give the user that runs Pulumi write permission there.",
    );
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown error";
}

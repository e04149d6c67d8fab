import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { repository } from "../../tools/parts";
import { page } from "./read";

/**
 * Runs a block of the page's commands in a folder.
 *
 * @param begin what its first line begins with
 * @param programs what replaces programs that ask a forge, as shell
 * @param owned the repository that `OWNER/REPOSITORY` stands for
 */
export async function runBlock(
  folder: string,
  begin: string,
  programs: Readonly<Record<string, string>>,
  owned = "OWNER/REPOSITORY",
): Promise<void> {
  const block = page.split("\n\n").find((part) => part.startsWith(`    ${begin}`));
  if (block === undefined) throw new Error(`no commands that begin with ${begin}`);
  const replaced = join(folder, ".programs");
  await mkdir(replaced);
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(replaced, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const PATH = [replaced, process.env.PATH].join(delimiter);
  const lines = block.replaceAll("OWNER/REPOSITORY", owned);
  await execa("bash", ["-euo", "pipefail", "-c", lines], { cwd: folder, env: { PATH } });
}

/** Writes the calls of a repository with the package, by the command of the page; gives the text of each. */
export async function writeCalls(folder: string, called: string): Promise<string[]> {
  const curl = `for last; do :; done\ncat "${repository}/.github/workflows/$(basename "$last")"`;
  await runBlock(folder, "mkdir -p .github/workflows", { curl }, called);
  const files = ["preview", "up", "rollback", "drift"].map((name) =>
    readFile(join(folder, `.github/workflows/${name}.yml`), "utf8"),
  );
  return Promise.all(files);
}

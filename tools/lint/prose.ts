/**
 * Checks the prose of the pages with Vale: `tsx tools/lint/prose.ts`. The rules are the project's own, in
 * tools/vale.
 */
import { spawnSync } from "node:child_process";
import { PartError, repository, vale } from "../parts";
import { pages } from "./pages";

async function lint(): Promise<void> {
  const args = ["--config", "tools/vale/vale.ini", "--output", "line", ...pages()];
  const { status } = spawnSync(await vale(), args, { cwd: repository, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

lint().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});

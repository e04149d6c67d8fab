/**
 * Checks the workflows: `tsx tools/lint/workflows.ts`. actionlint passes their shell to shellcheck if that is on
 * PATH.
 */
import { spawnSync } from "node:child_process";
import { actionlint, PartError, repository } from "../parts";

async function check(): Promise<void> {
  const program = await actionlint();
  process.exitCode = spawnSync(program, { cwd: repository, stdio: "inherit" }).status ?? 1;
}

check().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});

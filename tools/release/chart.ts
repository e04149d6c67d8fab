import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { helm, repository } from "../parts";

/** Checks the sample chart and packs it with a version, as `task-runner-VERSION.tgz` in `folder`. */
export async function packChart(version: string, folder: string): Promise<void> {
  const program = await helm();
  const chart = join(repository, "examples/chart");
  const values = join(repository, "tools/sample/rollout/worker.values.yaml");
  const run = (...args: readonly string[]) => execFileSync(program, args, { stdio: "inherit" });
  run("lint", chart, "--values", values);
  run("package", chart, "--version", version, "--destination", folder);
}

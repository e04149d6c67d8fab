import { environmentKeys, serviceEnvironment } from "../../../components/rollout";
import { withStatement } from "../../../components/rollout/values/document";
import type { Place, Stated } from "../../../components/rollout/values/statement";

/** What the worker's file is to state in mongo mode. */
export const inMongoMode = serviceEnvironment("worker", "mongo", {
  database: "taskrunner",
  collections: {
    runs: "pack_runs",
    logs: "pack_run_logs",
    artifacts: "pack_artifacts",
    approvals: "pack_run_approvals",
  },
  connectionSecret: { name: "taskrunner-mongo", key: "connectionString" },
});

/** The worker's environment at a path of its file. */
export function workerAt(path = "env"): Place {
  const keys = environmentKeys("worker");
  return { file: "worker.values.yaml", path: path.split("."), keys };
}

/** A file's text with these entries as our only variables. */
export function written(text: string, place: Place, entries: readonly Stated[]): string {
  return withStatement(text, { place, entries });
}

import type { Problem } from "./problems";
import type { Settings } from "./schema";

/** Whether every step that touches MongoDB runs as a Kubernetes Job. */
export function runsAsJobs({ migration }: Pick<Settings, "migration">): boolean {
  return migration.runAs === "job";
}

/** The rules about what runs as Jobs; they hold in both modes, unless they say otherwise. */
export function jobRules(settings: Settings): Problem[] {
  const isJob = runsAsJobs(settings);
  return [
    ...(isJob ? targetRules(settings) : idleRules(settings)),
    ...(settings.backfill ? backfillRules(settings, settings.backfill, isJob) : []),
  ];
}

/** A site that describes Jobs means them. A way back, which has to work, is not stopped by it. */
function idleRules({ jobs, storageMode }: Settings): Problem[] {
  if (jobs === undefined || storageMode === "filesystem") return [];
  const found = "a section, and migration.runAs is engine, which makes no Job";
  return [{ key: "jobs", found, allowed: "absent, or runAs: job for migration and backfill" }];
}

function targetRules({ jobs, rollout }: Settings): Problem[] {
  if (jobs === undefined) {
    return [{ key: "jobs", found: "nothing", allowed: "{ image, ... } where runAs is job" }];
  }
  if (jobs.namespace !== undefined || rollout.target === "helm") return [];
  return [
    {
      key: "jobs.namespace",
      found: "nothing, and rollout has none",
      allowed: "the namespace in which the Jobs run",
    },
  ];
}

function backfillRules(
  { migration }: Settings,
  { source, runAs, parallelism }: NonNullable<Settings["backfill"]>,
  isJob: boolean,
): Problem[] {
  const problems: Problem[] = [];
  if (runAs !== migration.runAs) {
    const found = `${runAs}, and migration.runAs is ${migration.runAs}`;
    problems.push({ key: "backfill.runAs", found, allowed: migration.runAs });
  }
  if ("persistentVolumeClaim" in source !== isJob) {
    const [found, allowed] = isJob
      ? ["a path of this machine", "persistentVolumeClaim where runAs is job"]
      : ["a claim", "path, or runAs: job for migration and backfill"];
    problems.push({ key: "backfill.source", found, allowed });
  }
  if (parallelism > 1 && !isJob) {
    const found = String(parallelism);
    problems.push({ key: "backfill.parallelism", found, allowed: "1 where runAs is engine" });
  }
  return problems;
}

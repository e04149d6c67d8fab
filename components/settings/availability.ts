import type { Problem } from "./problems";
import type { ParsedSettings } from "./schema";

/** The settings whose features do not exist yet: refused by name, never ignored. */
export function notAvailableYet(settings: ParsedSettings): Problem[] {
  const { cluster, migration, backfill, rollout } = settings;
  const problems: (Problem | undefined)[] = [
    refuse("cluster.kind", cluster.kind, cluster.kind !== "existing", "existing"),
    refuse("migration.runAs", migration.runAs, migration.runAs === "job", "engine"),
    refuse("allowDestroy", settings.allowDestroy, settings.allowDestroy, "false"),
    ...(backfill ? notAvailableInBackfill(backfill) : []),
    ...notAvailableInRollout(rollout),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function notAvailableInBackfill(backfill: NonNullable<ParsedSettings["backfill"]>) {
  const claimed = "persistentVolumeClaim" in backfill.source;
  return [
    refuse("backfill.source.persistentVolumeClaim", "a claim", claimed, "source.path"),
    refuse("backfill.runAs", backfill.runAs, backfill.runAs === "job", "engine"),
    refuse("backfill.parallelism", backfill.parallelism, backfill.parallelism > 1, "1"),
  ];
}

function notAvailableInRollout(rollout: ParsedSettings["rollout"]) {
  if (rollout.target === "helm") {
    const shared = rollout.release === "shared";
    return [
      refuse("rollout.release", rollout.release, shared, "separate"),
      refuse("rollout.step", rollout.step, rollout.step !== undefined, "absent"),
    ];
  }
  const { secretVersion } = rollout;
  return [refuse("rollout.secretVersion", secretVersion, !!secretVersion, "absent")];
}

function refuse(
  key: string,
  value: unknown,
  refused: boolean,
  allowed: string,
): Problem | undefined {
  if (!refused) return undefined;
  const found = value === undefined ? "nothing" : JSON.stringify(value);
  return { key, found: `${found}, which is not available yet`, allowed };
}

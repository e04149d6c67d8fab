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
  if (rollout.target === "helm") return [refuse("rollout.target", "helm", true, "values")];
  return [
    refuse("rollout.confirm", rollout.confirm, rollout.confirm !== "none", "none"),
    refuse("rollout.confirmed", rollout.confirmed, rollout.confirmed !== undefined, "absent"),
    refuse("rollout.secretVersion", rollout.secretVersion, !!rollout.secretVersion, "absent"),
    refuse("rollout.heldRuns", rollout.heldRuns, rollout.heldRuns === "release", "hold"),
  ];
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

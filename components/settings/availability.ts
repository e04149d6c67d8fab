import type { Problem } from "./problems";
import type { Settings } from "./schema";

/** The settings whose features do not exist yet: refused by name, never ignored. */
export function notAvailableYet(settings: Settings): Problem[] {
  const { rollout } = settings;
  const problems: (Problem | undefined)[] = [
    refuse("allowDestroy", settings.allowDestroy, settings.allowDestroy, "false"),
    ...notAvailableInRollout(rollout),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function notAvailableInRollout(rollout: Settings["rollout"]) {
  if (rollout.target === "helm") return [];
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

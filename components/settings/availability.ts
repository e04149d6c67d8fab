import type { Problem } from "./problems";
import type { Settings } from "./schema";

/** The settings whose features do not exist yet: refused by name, never ignored. */
export function notAvailableYet(settings: Settings): Problem[] {
  if (!settings.allowDestroy) return [];
  return [{ key: "allowDestroy", found: "true, which is not available yet", allowed: "false" }];
}

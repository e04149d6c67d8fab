import type { CollectionRole } from "./collections";

/** One value for each of the four collections. */
export function byRole<T>(valueOf: (role: CollectionRole) => T): Record<CollectionRole, T> {
  return {
    runs: valueOf("runs"),
    logs: valueOf("logs"),
    artifacts: valueOf("artifacts"),
    approvals: valueOf("approvals"),
  };
}

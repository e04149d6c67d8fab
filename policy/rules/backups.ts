import { differs, type ResourceRule, type StackRule } from "../rule";
import { types } from "../types";

const asked = ["backupEnabled", "pitEnabled", "retainBackupsEnabled"] as const;

/** A production cluster of Atlas has backups that reach any moment and outlive it. */
export const backups: ResourceRule = {
  name: "backups",
  asks: "a cluster of Atlas has `backupEnabled`, `pitEnabled` and `retainBackupsEnabled`",
  why: "after a cutover MongoDB alone has what the services write",
  of: ({ type, props }) =>
    type === types.atlasCluster
      ? asked
          .filter((input) => differs(props[input], true))
          .map((input) => `The cluster has not all of its backups: set ${input} to true.`)
      : [],
};

/** A production cluster of Atlas has a schedule of its own, whatever Atlas's default is. */
export const backupSchedule: StackRule = {
  name: "backup-schedule",
  asks: "a stack with a cluster of Atlas has a `CloudBackupSchedule`",
  why: "how long a backup is kept is the site's decision, not a default's",
  ofAll: (resources) => {
    if (resources.some(({ type }) => type === types.atlasSchedule)) return [];
    return resources
      .filter(({ type }) => type === types.atlasCluster)
      .map(({ urn }) => ({
        urn,
        message: "No CloudBackupSchedule says how often the cluster is saved: add one.",
      }));
  },
};

import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";

/** Atlas' numbers for Saturday and for the last day of a month. */
const [saturday, lastDay] = [6, 40];

/** When snapshots are taken and how long they and the log for point-in-time recovery are kept. */
export function backupSchedule(
  { backup }: AtlasSettings,
  place: { readonly projectId: pulumi.Input<string>; readonly clusterName: pulumi.Input<string> },
  options: pulumi.CustomResourceOptions,
): void {
  if (!backup.enabled) return;
  const args = { ...place, ...scheduleArgs(backup) };
  new mongodbatlas.CloudBackupSchedule("backup", args, options);
}

/** What the settings ask of the schedule. */
export function scheduleArgs({
  pointInTime,
  restoreWindowDays,
  hourly,
  daily,
  weekly,
  monthly,
}: AtlasSettings["backup"]): Omit<
  mongodbatlas.CloudBackupScheduleArgs,
  "projectId" | "clusterName"
> {
  const item = (frequencyInterval: number, retentionUnit: string, retentionValue: number) => ({
    frequencyInterval,
    retentionUnit,
    retentionValue,
  });
  return {
    ...(pointInTime && { restoreWindowDays }),
    policyItemHourly: item(hourly.everyHours, "days", hourly.keepDays),
    policyItemDaily: item(1, "days", daily.keepDays),
    policyItemWeeklies: [item(saturday, "weeks", weekly.keepWeeks)],
    policyItemMonthlies: [item(lastDay, "months", monthly.keepMonths)],
  };
}

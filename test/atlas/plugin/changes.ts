import { isDeepStrictEqual } from "node:util";
import type { DiffResult } from "@pulumi/pulumi/provider";
import { computedKeys } from "./play";
import type { Properties } from "./values";

/** What Atlas cannot change in place: the provider's schema makes a new one of it. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  AdvancedCluster: ["name", "projectId"],
  CloudBackupSchedule: ["clusterName", "projectId"],
  CustomDbRole: ["roleName", "projectId"],
  DatabaseUser: ["username", "authDatabaseName", "projectId"],
  Project: ["orgId"],
  ProjectIpAccessList: ["ipAddress", "cidrBlock", "awsSecurityGroup", "comment", "projectId"],
};

/** How the wanted inputs differ from what there is. */
export function changesOf(type: string, olds: Properties, news: Properties): DiffResult {
  const inputs = Object.keys(olds).filter((key) => !computedKeys(type).includes(key));
  const changed = [...new Set([...inputs, ...Object.keys(news)])].filter(
    (key) => !isDeepStrictEqual(olds[key], news[key]),
  );
  const replaces = changed.filter((key) => fixed[type]?.includes(key));
  return { changes: changed.length > 0, replaces };
}

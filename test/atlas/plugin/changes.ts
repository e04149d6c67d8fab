import { isDeepStrictEqual } from "node:util";
import type { DiffResult } from "@pulumi/pulumi/provider";
import type { PluginProperties } from "./values";

/** What Atlas cannot change in place: the provider's schema makes a new one of it. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  AdvancedCluster: ["name", "projectId"],
  CustomDbRole: ["roleName", "projectId"],
  DatabaseUser: ["username", "projectId"],
  ProjectIpAccessList: ["ipAddress", "cidrBlock", "awsSecurityGroup", "comment", "projectId"],
};

/** Inputs of a cluster that the plugin keeps to itself, which Atlas neither gets nor gives. */
export const ownInputs = [
  "deleteOnCreateTimeout",
  "retainBackupsEnabled",
  "timeouts",
  "useEffectiveFields",
];
/** Inputs of a cluster that go if nobody asks for them; all others stay as they are. */
export const optional = [...ownInputs, "adaptiveCapacity", "labels", "pinnedFcv", "tags"];

/** The outputs of a type that are no inputs. */
const computedKeys: Readonly<Record<string, readonly string[]>> = {
  AdvancedCluster: ["clusterId", "connectionStrings", "mongoDbVersion"],
};

/** How the wanted inputs differ from what there is. */
export function diffProperties(
  type: string,
  olds: PluginProperties,
  news: PluginProperties,
): DiffResult {
  const isCluster = type === "AdvancedCluster";
  if (isCluster) refuseInputs(olds, news);
  const inputs = Object.keys(olds).filter((key) => !computedKeys[type]?.includes(key));
  const compared = isCluster ? inputs.filter((key) => optional.includes(key)) : inputs;
  const isSame = isCluster ? holds : isDeepStrictEqual;
  const changed = [...new Set([...compared, ...Object.keys(news)])].filter(
    (key) => !isSame(olds[key], news[key]),
  );
  const replaces = changed.filter((key) => fixed[type]?.includes(key));
  return { changes: changed.length > 0, replaces };
}

/** What the plugin refuses of a cluster that is there: in a preview, and in each `up` until it is gone. */
function refuseInputs(olds: PluginProperties, news: PluginProperties): void {
  const { deleteOnCreateTimeout: atCreation, useEffectiveFields = false } = news;
  if (atCreation !== undefined && olds.deleteOnCreateTimeout !== atCreation) {
    throw new Error(
      "delete_on_create_timeout cannot be updated or set after import, remove it from the configuration or use the state value",
    );
  }
  const others = /"(analytics|readOnly)Specs":\{[^}]*"nodeCount":[1-9]/;
  const isToggled = (olds.useEffectiveFields ?? false) !== useEffectiveFields;
  if (isToggled && others.test(JSON.stringify(olds)) && !others.test(JSON.stringify(news))) {
    throw new Error("Cannot remove read_only_specs attributes while toggling use_effective_fields");
  }
}

/** Whether Atlas has all that is asked for; it says more by itself. */
export function holds(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    const members = Array.isArray(whole) ? whole : [];
    return part.length === members.length && part.every((one, at) => holds(members[at], one));
  }
  if (typeof part !== "object" || part === null) return whole === part;
  const members = (whole ?? {}) as PluginProperties;
  return Object.entries(part).every(([key, value]) => holds(members[key], value));
}

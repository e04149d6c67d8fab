import { defaultFolders, type SchemaOptions, type StateFolders } from "../contract";
import type { Settings } from "./schema";
import { noFolder } from "./sections";
import { uriFacts } from "./uri";

/** A section's own namespace, or else the releases'. The rules ensure that one of them is set. */
export function resolveNamespace(
  own: { readonly namespace?: string | undefined },
  rollout: Settings["rollout"],
): string {
  return own.namespace ?? (rollout.target === "values" ? "" : rollout.namespace);
}

/** Whether the program does not see the services (`confirm: none`): nobody tells it when one is deployed. */
export function isUnseen(rollout: Settings["rollout"] | undefined): boolean {
  return rollout?.target === "values" && rollout.confirm === "none";
}

/** The schema options in the settings. */
export function schemaOptionsOf(settings: SchemaSettings): SchemaOptions {
  const { mongo, validation, approvals, tenancy } = settings;
  const { collections, indexNames } = mongo;
  return { collections, indexNames, validation, approvals, tenancy };
}

/** The folders of the services' stores on files. Without `approvals` the files of approvals stay as they are. */
export function foldersOf({
  backfill,
  approvals,
}: Pick<Settings, "backfill" | "approvals">): StateFolders {
  const folders = Object.entries(backfill?.source.folders ?? defaultFolders);
  const used = folders.filter(([store, folder]) => {
    return folder !== noFolder && (store !== "approvals" || approvals);
  });
  return Object.fromEntries(used) as StateFolders;
}

type SchemaSettings = Pick<Settings, "validation" | "approvals" | "tenancy"> & {
  readonly mongo: Pick<Settings["mongo"], "collections" | "indexNames">;
};

/** The specification's database name, for a cluster that the stack creates. */
const defaultDatabase = "taskrunner";

/**
 * The database name: the setting, the one in the connection string of an existing server, or `taskrunner` in a
 * cluster that the stack creates. Undefined in filesystem mode without either, or if another stack names it.
 */
export function databaseOf({ cluster, mongo, mongoUri = "" }: Settings): string | undefined {
  if (mongo.database !== undefined || cluster.kind === "stackReference") return mongo.database;
  return cluster.kind === "existing" ? uriFacts(mongoUri)?.database : defaultDatabase;
}

/** The direction of an update: `mongo` is forward, `filesystem` is back. */
export type Direction = "forward" | "back";

/** The direction that leads to a mode. */
export function directionTo(mode: Settings["storageMode"]): Direction {
  return mode === "mongo" ? "forward" : "back";
}

/** Whether the settings let a cutover stop the worker; undefined without a gate, and in a rollback. */
export type DrainGate = "closed" | "open" | undefined;

/** The gate before the worker's drain: the setting `rollout.drain` names the cutover that it lets through. */
export function drainGateOf({
  rollout,
  storageMode,
  cutover,
}: Pick<Settings, "rollout" | "storageMode" | "cutover">): DrainGate {
  if (rollout.drain === undefined || storageMode === "filesystem") return undefined;
  return rollout.drain === cutover ? "open" : "closed";
}

import type { SchemaOptions } from "../contract";
import type { Settings } from "./schema";
import { uriFacts } from "./uri";

/** The namespace of a section: its own, else that of the releases. The rules make sure that one is there. */
export function resolveNamespace(
  own: { readonly namespace?: string | undefined },
  rollout: Settings["rollout"],
): string {
  return own.namespace ?? (rollout.target === "values" ? "" : rollout.namespace);
}

/** What should exist in the database, as the settings ask for it. */
export function schemaOptionsOf(settings: SchemaSettings): SchemaOptions {
  const { mongo, validation, approvals, tenancy } = settings;
  return { collections: mongo.collections, validation, approvals, tenancy };
}

type SchemaSettings = Pick<Settings, "validation" | "approvals" | "tenancy"> & {
  readonly mongo: Pick<Settings["mongo"], "collections">;
};

/** The specification's name of the database, for a cluster that the stack creates. */
const defaultDatabase = "taskrunner";

/**
 * The database's name: the setting's, else for an existing server the one in the connection string,
 * for a cluster that the stack makes `taskrunner`. Undefined if neither is given: in filesystem mode,
 * or if another stack names it.
 */
export function databaseOf({ cluster, mongo, mongoUri = "" }: Settings): string | undefined {
  if (mongo.database !== undefined || cluster.kind === "stackReference") return mongo.database;
  return cluster.kind === "existing" ? uriFacts(mongoUri)?.database : defaultDatabase;
}

/** The direction of an update, which `storageMode` asks for: `mongo` is forward, `filesystem` is back. */
export type Direction = "forward" | "back";

/** The mode to which a direction leads. */
export function modeOf(direction: Direction): Settings["storageMode"] {
  return direction === "forward" ? "mongo" : "filesystem";
}

/** The direction to a mode. */
export function directionTo(mode: Settings["storageMode"]): Direction {
  return mode === "mongo" ? "forward" : "back";
}

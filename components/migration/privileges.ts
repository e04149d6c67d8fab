import type { Document } from "mongodb";

const actionOf: Readonly<Record<string, string>> = {
  create: "createCollection",
  collMod: "collMod",
  createIndexes: "createIndex",
  dropIndexes: "dropIndex",
};

/** The privilege that a command needs, in words: `createIndex on taskrunner.pack_runs`. */
export function describePrivilege(database: string, command: Document): string {
  const [verb = "", collection] = Object.entries(command)[0] ?? [];
  return `${actionOf[verb] ?? verb} on ${database}.${String(collection)}`;
}

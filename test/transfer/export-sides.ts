import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Long, type Db } from "mongodb";
import { defaultFolders } from "../../components/contract";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";

/** A server for the tests of a file, and a folder that goes with it. */
export function serverOfTests(): { database: (name: string) => Db; folder: () => string } {
  const current = serverForTests();
  return { database: (name) => current.client.db(name), folder: () => current.folder };
}

/** Both sides of an import or an export. */
export const exportSides = (database: Db, root: string) => ({
  database,
  collections: documentOptions.collections,
  root,
  folders: defaultFolders,
});

/** All files below a folder by their name, with their text. */
export async function filesIn(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const named = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(root.length + 1), await readFile(path, "utf8")] as const;
  });
  return Object.fromEntries((await Promise.all(named)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The value in a JSON file. */
export async function jsonIn(root: string, file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(root, file), "utf8")) as unknown;
}

/** An export's counts of one collection; what is left out is 0. */
export const exportCounts = (documents: number, outcomes: object) => ({
  documents,
  written: 0,
  unchanged: 0,
  newerOnDisk: 0,
  conflicts: 0,
  unwritable: 0,
  removed: 0,
  ...outcomes,
});

/** A log entry in MongoDB. */
export const entry = (runId: string, sequence: number, fields: object = {}) => ({
  runId,
  sequence: Long.fromNumber(sequence),
  timestamp: new Date("2025-11-06T10:00:01Z"),
  level: "info",
  eventType: "step.started",
  message: `entry ${sequence}`,
  ...fields,
});

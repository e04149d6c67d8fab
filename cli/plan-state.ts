import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Db } from "mongodb";
import {
  openStateFolder,
  stateFiles,
  unfinishedRuns,
  verifyState,
  type StateFolder,
} from "../components/backfill";
import { collectionRoles, type CollectionRole } from "../components/contract";
import type { CommandSettings } from "../components/settings";
import { stateSides } from "./state";
import { sumOf } from "./words";

/** How many files of a kind there are, and how many bytes they hold. */
interface FileCounts {
  files: number;
  bytes: number;
}

/** The filesystem state that an import would read: `root` is absolute. */
export interface StateOnDisk extends Record<CollectionRole, FileCounts> {
  readonly root: string;
}

/**
 * What a way back to files would find now. With MongoDB in reach: how many documents its export
 * would write, and what it would not, because both sides changed. Without: the runs that are
 * unfinished on disk, which must not be executed again from there (decision 10).
 */
export interface LeftBehind {
  readonly exported?: Readonly<Record<CollectionRole, number>>;
  readonly conflicts: number;
  /** The first twenty, each with its kind, `runs run-1`. */
  readonly conflictExamples: readonly string[];
  readonly unfinished: number;
  /** The first twenty ids. */
  readonly unfinishedRuns: readonly string[];
}

const named = 20;

/** The state folder of the settings, where there is one on this machine. */
export async function folderHere(settings: CommandSettings): Promise<StateFolder | undefined> {
  const { source } = settings.backfill ?? {};
  if (!source || !("path" in source)) return undefined;
  const exists = await stat(resolve(source.path)).catch(() => undefined);
  return exists && openStateFolder(stateSides(settings, source.path));
}

/** Counts the files below a state root by their kind; reads none. */
export async function stateOnDisk(folder: StateFolder): Promise<StateOnDisk> {
  const none = (): FileCounts => ({ files: 0, bytes: 0 });
  const counts = { runs: none(), logs: none(), artifacts: none(), approvals: none() };
  for await (const { role, path } of stateFiles(folder, { hidden: 0, temporary: 0, links: 0 })) {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    counts[role].files += 1;
    counts[role].bytes += found?.size ?? 0;
  }
  return { root: folder.root, ...counts };
}

/** What a way back would find now; compares both sides where MongoDB is in reach. */
export async function leftBehind(
  settings: CommandSettings,
  folder: StateFolder,
  database: Db | undefined,
): Promise<LeftBehind> {
  const nothing = { conflicts: 0, conflictExamples: [], unfinished: 0, unfinishedRuns: [] };
  if (database) return { ...nothing, ...(await compared(settings, folder, database)) };
  const unfinished: string[] = [];
  for await (const { runId } of unfinishedRuns(folder)) unfinished.push(runId);
  return {
    ...nothing,
    unfinished: unfinished.length,
    unfinishedRuns: unfinished.sort().slice(0, named),
  };
}

async function compared(settings: CommandSettings, { root }: StateFolder, database: Db) {
  const report = await verifyState({ database, ...stateSides(settings, root) });
  const exportedOf = (role: CollectionRole) => report[role].newerInMongo + report[role].onlyInMongo;
  const cases = collectionRoles.flatMap((role) =>
    report[role].different.map(({ id }) => `${role} ${id}`),
  );
  return {
    exported: {
      runs: exportedOf("runs"),
      logs: exportedOf("logs"),
      artifacts: exportedOf("artifacts"),
      approvals: exportedOf("approvals"),
    },
    conflicts: sumOf(report, "differing"),
    conflictExamples: cases.slice(0, named),
  };
}

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Db } from "mongodb";
import {
  openStateFolder,
  unfinishedIn,
  verifyState,
  type StateFolder,
} from "../components/backfill";
import { collectionRoles, type CollectionRole } from "../components/contract";
import type { CommandSettings } from "../components/settings";
import { stateSides } from "./state";
import { sumOf } from "./words";

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

/** What a way back would find now; compares both sides where MongoDB is in reach. */
export async function leftBehind(
  settings: CommandSettings,
  folder: StateFolder,
  database: Db | undefined,
): Promise<LeftBehind> {
  const nothing = { conflicts: 0, conflictExamples: [], unfinished: 0, unfinishedRuns: [] };
  if (database) return { ...nothing, ...(await compared(settings, folder, database)) };
  const unfinished = await unfinishedIn(folder);
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

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Db } from "mongodb";
import { type StateAddress, requireState } from "../components/state";
import { unfinishedIn, verifyState } from "../components/transfer";
import { ConnectionError } from "../components/mongo";
import { collectionRoles, type CollectionRole } from "../components/contract";
import {
  nothingPlanned,
  plan,
  planAsJson,
  planInWords,
  previewScan,
} from "../components/migration";
import type { CommandSettings } from "../components/settings";
import {
  type CommonOptions,
  command,
  databaseOf,
  exitWith,
  mayExitZero,
  planOptions,
  print,
  settingsOf,
} from "./context";
import { stateSides } from "./state";
import { stateOnDisk } from "./state-size";
import { sumOf } from "./words";

/** `plan`: what differs, what blocks it and how much there is on disk; changes nothing. */
export const planCommand = mayExitZero(
  command("plan", "what differs from what should exist, with data issues"),
)
  .addHelpText(
    "after",
    "\nWith --json also the files on disk by kind and, in filesystem mode, what a rollback would find;\n" +
      "in that mode MongoDB may be unreachable.\n\n" +
      "Exit status: 0 nothing to do, 2 changes, 3 data issues that block, 1 error.",
  )
  .action(async (options: CommonOptions & { readonly exitZero?: true }) => {
    const settings = await settingsOf(options);
    const { db, why } = await reachDatabase(settings);
    const planned = db
      ? await plan(db, { ...planOptions(settings), scan: previewScan })
      : nothingPlanned;
    const facts = options.json ? await factsFor(settings, db) : {};
    print(
      options,
      { reachable: db !== undefined, ...planAsJson(planned), ...facts },
      db ? planInWords(db.databaseName, planned) : `MongoDB is unreachable: ${why ?? ""}`,
    );
    const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
    exitWith(blocked ? 3 : planned.changes.length > 0 ? 2 : 0, options);
  });

interface Reached {
  readonly db?: Db;
  /** Why there is none; names hosts, never secrets. */
  readonly why?: string;
}

/** The database; optional in filesystem mode. */
async function reachDatabase(settings: CommandSettings): Promise<Reached> {
  const isNeeded = settings.storageMode === "mongo";
  if (!isNeeded && !process.env.TASKRUNNER_MONGO_URI) {
    return { why: "TASKRUNNER_MONGO_URI is not set." };
  }
  try {
    return { db: await databaseOf(settings) };
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError)) throw error;
    return { why: error.message };
  }
}

async function factsFor(settings: CommandSettings, db: Db | undefined): Promise<object> {
  const address = await stateHere(settings);
  if (!address) return {};
  const isBack = settings.storageMode === "filesystem";
  return {
    state: await stateOnDisk(address),
    ...(isBack && { leftBehind: await leftBehind(settings, address, db) }),
  };
}

/** The state directory of the settings, if this machine has it. */
async function stateHere(settings: CommandSettings): Promise<StateAddress | undefined> {
  const { source } = settings.backfill ?? {};
  if (!source || !("path" in source)) return undefined;
  if (!(await stat(resolve(source.path)).catch(() => undefined))) return undefined;
  const address = stateSides(settings, source.path);
  await requireState(address);
  return address;
}

/**
 * What a rollback to files would find now. If MongoDB is reachable: how many documents its export would
 * write, and what it would not, because both sides changed. If not: the runs that are unfinished on
 * disk, which must not be executed again from there (decision 10).
 */
interface LeftBehind {
  readonly exported?: Readonly<Record<CollectionRole, number>>;
  readonly conflicts: number;
  /** The first twenty, each with its kind, `runs run-1`. */
  readonly conflictExamples: readonly string[];
  readonly unfinished: number;
  /** The first twenty ids. */
  readonly unfinishedRuns: readonly string[];
}

const named = 20;

/** What a rollback would find now; compares both sides if MongoDB is reachable. */
async function leftBehind(
  settings: CommandSettings,
  address: StateAddress,
  database: Db | undefined,
): Promise<LeftBehind> {
  const nothing = { conflicts: 0, conflictExamples: [], unfinished: 0, unfinishedRuns: [] };
  if (database) return { ...nothing, ...(await compareSides(settings, address, database)) };
  const unfinished = await unfinishedIn(address);
  return {
    ...nothing,
    unfinished: unfinished.length,
    unfinishedRuns: unfinished.sort().slice(0, named),
  };
}

async function compareSides(settings: CommandSettings, { root }: StateAddress, database: Db) {
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

import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Document } from "mongodb";
import { isStandalone } from "../cluster/server";
import { buildSchema, type WantedSchema } from "../contract";
import { everyTenSeconds } from "../text";
import { commandWriteConcern, withRetries } from "../mongo";
import { DataIssues, MigrationError } from "./errors";
import { withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { claim, complete, recordCommand, type Claim } from "./record";
import { compare, plan, type Plan, type PlanOptions } from "./plan";
import { toCommands } from "./planner/commands";
import type { Change, ChangeOf, Command, Executed } from "./planner/change";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { observeIndexes } from "./planner/observe";

/** The collection changed since it was planned; the command was not sent. */
class PlanOutdated extends Error {
  override readonly name = "PlanOutdated";

  constructor(index: unknown) {
    super(`another runner changed index ${String(index)} meanwhile`);
  }
}

/** Called after each executed command. */
type OnExecuted = (executed: Executed) => Promise<void>;

// Codes of a race that another runner won: created (48, 85, 86), dropped (27), `prepareUnique` reset (72), build
// aborted by a drop (276).
const raced = new Set([48, 85, 86, 27, 72, 276]);
/** Maximum number of lost races; after each, the other runner has made progress. */
const maxLostRaces = 10;

/** Polling interval for another runner's build. */
const pollIntervalMs = 1_000;

/**
 * Searches for data issues, claims the ledger's record, applies the changes and completes the record. With
 * `onDataIssue: report`, it skips what documents block. Returns the plan and when it was applied.
 *
 * @throws DataIssues or ClaimRefused before any change, MigrationError afterwards
 */
export async function apply(
  db: Db,
  options: PlanOptions & Omit<Claim, "checksum"> & { readonly onDataIssue: OnDataIssue },
): Promise<Plan & { readonly appliedAt: Date }> {
  const planned = await plan(db, options);
  const { checksum, issues } = planned;
  if (issues.length > 0 && options.onDataIssue === "fail") {
    throw new DataIssues(db.databaseName, issues);
  }
  await claim(db, options.ledger, { ...options, checksum });
  await reconcile(db, withholdChanges(buildSchema(options.schema), issues), (executed) =>
    recordCommand(db, options.ledger, executed),
  );
  return { ...planned, appliedAt: await complete(db, options.ledger, checksum) };
}

/**
 * Changes a database to the wanted schema and returns the changes. Idempotent and safe beside a second runner: it
 * plans again after the other's changes.
 *
 * @throws MigrationError for a failed command, MigrationConflict before any command, ServerTroubleError if the
 *   trouble lasts a minute or two
 */
export async function reconcile(
  db: Db,
  wanted: WantedSchema,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  return untilDone(db, () => compare(db, wanted), onExecuted);
}

/**
 * Plans changes and executes them. After a transient error or a lost race it plans again from the database, because
 * a command whose answer was lost may have taken effect.
 */
export async function untilDone(
  db: Db,
  planned: () => Promise<Change[]>,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  const applied: Change[] = [];
  let lost = 0;
  const pass = async (): Promise<void> => {
    try {
      for (const change of await afterBuilds(db, planned)) {
        await execute(db, toCommands(change), onExecuted);
        applied.push(change);
      }
    } catch (error) {
      const isRaced =
        error instanceof MigrationError &&
        (error.cause instanceof PlanOutdated || raced.has(error.code ?? 0));
      if (!isRaced || ++lost === maxLostRaces) throw error;
      await pass();
    }
  };
  await withRetries(`Changing the schema of database ${db.databaseName}`, pass);
  return applied;
}

/** Plans once no index of ours is being built, because a build may still fail. */
async function afterBuilds(db: Db, planned: () => Promise<Change[]>): Promise<Change[]> {
  let stop: (() => void) | undefined;
  try {
    for (;;) {
      const changes = await planned();
      const build = changes.find(
        (change): change is ChangeOf<"await index"> => change.kind === "await index",
      );
      if (!build) return changes;
      stop ??= watchBuild(db, build.wanted.collection, build.found.name);
      await sleep(pollIntervalMs);
    }
  } finally {
    stop?.();
  }
}

async function execute(
  db: Db,
  commands: readonly Command[],
  onExecuted: OnExecuted,
): Promise<void> {
  for (const command of commands) {
    const started = performance.now();
    try {
      if (command.requires) await requireIndexes(db, command, command.requires);
      await sendCommand(db, command.command);
    } catch (error) {
      // A command whose answer was lost is undone, too.
      const toUndo = commands.find(({ onFailure }) => onFailure)?.onFailure;
      const notUndone = toUndo && (await undo(db, toUndo));
      throw new MigrationError(db.databaseName, command, error, notUndone);
    }
    await onExecuted({ command, durationMs: Math.round(performance.now() - started) });
  }
}

/** Checks right before a drop, because another runner may have built an index of that name meanwhile. */
async function requireIndexes(
  db: Db,
  { command }: Command,
  required: readonly Document[],
): Promise<void> {
  const indexes = await observeIndexes(db, String(command.dropIndexes));
  const built = indexes.filter(({ isBuilding }) => !isBuilding).map(indexSpec);
  const missing = required.find((spec) => !built.some((index) => sameSpec(index, spec)));
  if (missing) throw new PlanOutdated(missing.name);
}

// Returns its error as text instead of throwing, so that the first error is thrown.
async function undo(db: Db, command: Document): Promise<string | undefined> {
  const { name } = command.index as { readonly name: string };
  const undoing = async () => {
    const indexes = await observeIndexes(db, String(command.collMod));
    // Such an index rejects duplicates although it is not unique.
    const isPrepared = indexes.some((one) => one.name === name && one.prepareUnique && !one.unique);
    if (isPrepared) await sendCommand(db, command);
  };
  try {
    await withRetries(`Undoing it by ${JSON.stringify(command)}`, undoing);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// Sets limits that MongoDB's defaults lack: 60 s for a majority's acknowledgement, and a commit quorum of a
// majority, because a build would wait for a voting member that is down (SERVER-65670).
async function sendCommand(db: Db, command: Document): Promise<void> {
  const asked = { ...command, writeConcern: commandWriteConcern };
  const { createIndexes: collection, indexes } = command;
  if (typeof collection !== "string") {
    await db.command(asked);
    return;
  }
  // A standalone server rejects a commit quorum (`create_indexes_cmd.cpp`).
  const quorum = (await isStandalone(db)) ? {} : { commitQuorum: "majority" };
  const names = (indexes as { readonly name: string }[]).map(({ name }) => name);
  const stop = watchBuild(db, collection, names.join(", "));
  try {
    await db.command({ ...asked, ...quorum });
  } finally {
    stop();
  }
}

/**
 * Prints to standard error every ten seconds how long an index has been building, until the returned function is
 * called.
 */
export function watchBuild(
  db: Pick<Db, "databaseName">,
  collection: string,
  index: string,
): () => void {
  return everyTenSeconds((seconds) => {
    console.warn(
      `Building index ${index} on ${db.databaseName}.${collection}: ${seconds} s so far. If a member is down, ` +
        'see setIndexCommitQuorum (docs/migration.md, "Index builds")',
    );
  });
}

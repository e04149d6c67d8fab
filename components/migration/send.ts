import type { Db, Document } from "mongodb";
import { isStandalone } from "../cluster/server";
import { commandWriteConcern, withRetries } from "../mongo";
import { everyTenSeconds } from "../text";
import { MigrationError } from "./errors";
import type { Command, Executed } from "./planner/change";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { observeIndexes } from "./planner/observe";

/** The collection changed since it was planned; the command was not sent. */
export class PlanOutdated extends Error {
  override readonly name = "PlanOutdated";

  constructor(index: unknown) {
    super(`another runner changed index ${String(index)} meanwhile`);
  }
}

/** Called after each executed command. */
export type OnExecuted = (executed: Executed) => Promise<void>;

/**
 * Sends the commands of one change in their order. If one fails, the command that undoes its change is sent, too.
 *
 * @throws MigrationError
 */
export async function send(
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
      // Undo also a command whose answer was lost.
      const toUndo = commands.find(({ onFailure }) => onFailure)?.onFailure;
      const notUndone = toUndo && (await undoCommand(db, toUndo));
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

// Returns its error as text, so that the first error is the one thrown.
async function undoCommand(db: Db, command: Document): Promise<string | undefined> {
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

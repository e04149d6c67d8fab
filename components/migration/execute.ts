import type { Db } from "mongodb";
import type { WantedSchema } from "../contract";
import { toCommands } from "./planner/commands";
import type { Change, Command } from "./planner/change";
import { diff } from "./planner/diff";
import { MigrationError } from "./errors";
import { observe } from "./planner/observe";

/** A command that was executed and how long it took, in ms. */
export interface Executed {
  readonly command: Command;
  readonly durationMs: number;
}

/** Told of each command after it was executed. */
export type OnExecuted = (executed: Executed) => Promise<void>;

/** Codes by which a server says that another runner was quicker. */
const raced = new Set([48, 85, 86, 27]);
const attempts = 3;

/**
 * Makes a database have what is wanted, and returns what it had to change. Idempotent, and safe
 * beside a second runner: what the other one did first is observed and compared again.
 *
 * @throws MigrationError for a command that failed, MigrationConflict before any command
 */
export async function reconcile(
  db: Db,
  wanted: WantedSchema,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  const names = [
    ...wanted.collections.map(({ name }) => name),
    ...wanted.indexes.map(({ collection }) => collection),
  ];
  return untilDone(db, async () => diff(wanted, await observe(db, names)), onExecuted);
}

/** Plans and executes; where another runner was quicker, plans again. */
export async function untilDone(
  db: Db,
  planned: () => Promise<Change[]>,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  for (let attempt = 1; ; attempt++) {
    const changes = await planned();
    try {
      for (const change of changes) await execute(db, toCommands(change), onExecuted);
      return changes;
    } catch (error) {
      const again = error instanceof MigrationError && raced.has(error.code ?? 0);
      if (!again || attempt === attempts) throw error;
    }
  }
}

/** Runs the commands of one change; where one fails, what must not stay is taken back. */
export async function execute(
  db: Db,
  commands: readonly Command[],
  onExecuted: OnExecuted,
): Promise<void> {
  const takeBack: NonNullable<Command["onFailure"]>[] = [];
  for (const command of commands) {
    const started = performance.now();
    try {
      await db.command(command.command);
    } catch (error) {
      for (const undo of takeBack.reverse()) await db.command(undo);
      throw new MigrationError(db.databaseName, command, error);
    }
    if (command.onFailure) takeBack.push(command.onFailure);
    await onExecuted({ command, durationMs: Math.round(performance.now() - started) });
  }
}

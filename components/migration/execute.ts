import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Document } from "mongodb";
import { isStandalone } from "../cluster/server";
import { buildSchema, type WantedSchema } from "../contract";
import { everyTenSeconds } from "../contract/progress";
import { commandWriteConcern, withRetries } from "../mongo";
import { DataIssues, MigrationError } from "./errors";
import { withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { claim, complete, recordCommand, type Claim } from "./ledger";
import { compare, plan, type Plan, type PlanOptions } from "./plan";
import { toCommands } from "./planner/commands";
import type { Change, ChangeOf, Command, Executed } from "./planner/change";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { observeIndexes } from "./planner/observe";

/** Right before a command the collection was not as the plan saw it; the command was not sent. */
class PlanOutdated extends Error {
  override readonly name = "PlanOutdated";

  constructor(index: unknown) {
    super(`another runner changed index ${String(index)} meanwhile`);
  }
}

/** Told of each command after it was executed. */
type OnExecuted = (executed: Executed) => Promise<void>;

// Codes by which a server says that another runner was quicker: what is made exists (48, 85, 86), what is
// dropped is gone (27), `prepareUnique` was taken back (72), a build was aborted by a drop (276).
const raced = new Set([48, 85, 86, 27, 72, 276]);
/** So often a race may be lost; each time the other runner got further. */
const racesLost = 10;

/** How often a build of somebody else is looked at, in ms. */
const lookEveryMs = 1_000;

/**
 * Does the plan: looks for data issues, claims the ledger's record, changes what has to change,
 * completes the record. Returns the plan that was done; with `onDataIssue: report`, what stands in
 * its way was left out.
 *
 * @throws DataIssues or ClaimRefused before anything is changed, MigrationError afterwards
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
 * Makes a database have what is wanted, and returns what it had to change. Idempotent, and safe
 * beside a second runner: what the other one did first is observed and compared again.
 *
 * @throws MigrationError for a command that failed, MigrationConflict before any command,
 *   ServerTroubleError if the database cannot be looked at for a minute or two
 */
export async function reconcile(
  db: Db,
  wanted: WantedSchema,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  return untilDone(db, () => compare(db, wanted), onExecuted);
}

/**
 * Plans and executes. After trouble that passes, such as an election, and if another runner was quicker,
 * it plans again from a fresh look: a command whose answer was lost may have been done.
 */
export async function untilDone(
  db: Db,
  planned: () => Promise<Change[]>,
  onExecuted: OnExecuted,
): Promise<Change[]> {
  const made: Change[] = [];
  let lost = 0;
  const pass = async (): Promise<void> => {
    try {
      for (const change of await afterBuilds(db, planned)) {
        await execute(db, toCommands(change), onExecuted);
        made.push(change);
      }
    } catch (error) {
      const isRaced =
        error instanceof MigrationError &&
        (error.cause instanceof PlanOutdated || raced.has(error.code ?? 0));
      if (!isRaced || ++lost === racesLost) throw error;
      await pass();
    }
  };
  await withRetries(`Changing the schema of database ${db.databaseName}`, pass);
  return made;
}

/** What is to change once no index of ours is being built: a build in progress may still fail. */
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
      await sleep(lookEveryMs);
    }
  } finally {
    stop?.();
  }
}

/** Runs the commands of one change; where one fails, what must not stay is taken back. */
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
      // Also that of a command that failed: it may be done although its answer is lost.
      const toUndo = commands.find(({ onFailure }) => onFailure)?.onFailure;
      const notUndone = toUndo && (await undo(db, toUndo));
      throw new MigrationError(db.databaseName, command, error, notUndone);
    }
    await onExecuted({ command, durationMs: Math.round(performance.now() - started) });
  }
}

/** Looks right before a drop: another runner may have put a finished index under that name. */
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

// Undoes what must not stay where it is found, and says what it could not undo: the first error is the
// one that counts.
async function undo(db: Db, command: Document): Promise<string | undefined> {
  const { name } = command.index as { readonly name: string };
  const undoing = async () => {
    const indexes = await observeIndexes(db, String(command.collMod));
    // It refuses duplicates without being unique.
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

// Sends a command that changes the schema so that it comes to an end: it waits 60 s at most for a
// majority to have what it did, and an index is ready as soon as a majority has built it. By default
// MongoDB waits for all voting members, also for one that is down (SERVER-65670).
async function sendCommand(db: Db, command: Document): Promise<void> {
  const asked = { ...command, writeConcern: commandWriteConcern };
  const { createIndexes: collection, indexes } = command;
  if (typeof collection !== "string") {
    await db.command(asked);
    return;
  }
  // A standalone server refuses a commit quorum (`create_indexes_cmd.cpp`).
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
 * Says every ten seconds, on standard error, for how long an index has been built, until the returned
 * function is called.
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

import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "mongodb";
import { buildSchema, type WantedSchema } from "../contract";
import { withRetries } from "../mongo";
import { DataIssues, MigrationError } from "./errors";
import { withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { compareSchema, plan, type Plan, type PlanOptions } from "./plan";
import type { Change, ChangeOf } from "./planner/change";
import { toCommands } from "./planner/commands";
import { claim, complete, recordCommand, type Claim } from "./record";
import { PlanOutdated, send, watchBuild, type OnExecuted } from "./send";

// Codes of a race that another runner won: created (48, 85, 86), dropped (27), `prepareUnique` reset (72), build
// aborted by a drop (276).
const raced = new Set([48, 85, 86, 27, 72, 276]);
/** Maximum number of lost races; after each, the other runner has made progress. */
const maxLostRaces = 10;

/** Polling interval for another runner's build. */
const pollIntervalMs = 1_000;

/**
 * Searches for data issues, claims the ledger's record, applies the changes and completes the record. With
 * `onDataIssue: report`, it skips the changes that documents block. Returns the plan and when it was applied.
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
 * Changes a database to the wanted schema and returns the changes. Idempotent, and safe beside a second runner: it
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
  return untilDone(db, () => compareSchema(db, wanted), onExecuted);
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
        await send(db, toCommands(change), onExecuted);
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

/** Plans once no index of this schema is being built, because a build may still fail. */
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

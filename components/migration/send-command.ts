import type { Db, Document } from "mongodb";
import { isStandalone } from "../cluster/server";
import { everyTenSeconds } from "../contract/progress";
import { commandWriteConcern } from "../mongo";

/**
 * Sends a command that changes the schema so that it comes to an end: it waits 60 s at most for a
 * majority to have what it did, and an index is ready as soon as a majority has built it. By default
 * MongoDB waits for all voting members, also for one that is down (SERVER-65670).
 */
export async function sendCommand(db: Db, command: Document): Promise<void> {
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

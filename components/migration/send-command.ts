import type { Db, Document } from "mongodb";
import { isStandalone } from "../cluster/server";
import { commandWriteConcern } from "../mongo";
import { watchBuild } from "./watch-build";

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

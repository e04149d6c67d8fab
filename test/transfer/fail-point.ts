import type { Document } from "mongodb";
import type { TestDatabase } from "./database";

/**
 * The server's fail point for commands, of a server that was borrowed with `failPoints`: `fail`
 * lets commands of these names fail or their connections close, `mend` ends that.
 */
export function failingCommands(current: TestDatabase) {
  const fail = async (commands: readonly string[], mode: Document | string, how: Document) => {
    const data = { failCommands: commands, ...how };
    const admin = current.database.client.db("admin");
    await admin.command({ configureFailPoint: "failCommand", mode, data });
  };
  return { fail, mend: () => fail([], "off", {}) };
}

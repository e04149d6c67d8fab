import type { Document, MongoClient } from "mongodb";

/**
 * The server's fail point for commands, of a server that has fail points: `fail` lets commands of these
 * names fail or their connections close, `mend` ends that.
 */
export function failingCommands(current: { readonly client: MongoClient }) {
  const fail = async (commands: readonly string[], mode: Document | string, how: Document) => {
    const data = { failCommands: commands, ...how };
    await current.client.db("admin").command({ configureFailPoint: "failCommand", mode, data });
  };
  return { fail, mend: () => fail([], "off", {}) };
}

/** How a write fails that no majority acknowledges in time. */
export const unacknowledged = {
  writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
};

import type { Document, MongoClient } from "mongodb";
import { afterEach, beforeEach, vi } from "vitest";

/**
 * The server's fail point for commands, of a server that has fail points: `fail` lets commands of these
 * names fail or their connections close, `recover` ends that.
 */
export function failingCommands(current: { readonly client: MongoClient }) {
  const fail = async (commands: readonly string[], mode: Document | string, how: Document) => {
    const data = { failCommands: commands, ...how };
    await current.client.db("admin").command({ configureFailPoint: "failCommand", mode, data });
  };
  return { fail, recover: () => fail([], "off", {}) };
}

/** How a write fails that no majority acknowledges in time. */
export const unacknowledged = {
  writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
};

/** Lets the waits before retries take a tenth of their time in a file's tests: how long they are proves nothing. */
export function hurryRetries(): void {
  const wait = globalThis.setTimeout;
  const sooner = (work: () => void, ms = 0) => wait(work, ms / 10);
  beforeEach(() => {
    vi.spyOn(globalThis, "setTimeout").mockImplementation(sooner);
  });
  afterEach(() => {
    vi.mocked(globalThis.setTimeout).mockRestore();
  });
}

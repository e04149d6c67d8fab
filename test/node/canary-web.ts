/**
 * A played web of the tests of the canary; the variable `Played` has its kind. In filesystem mode it only runs. In Mongo mode it
 * connects and does what its kind does at its start; then it runs. It says what it was told, as careless programs do.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";

const kinds: Readonly<Record<string, (client: MongoClient) => Promise<unknown>>> = {
  good: (client) => client.db().collection("pack_runs").findOne(),
  /** Another name for the index of the same key, which the server refuses. */
  renames: (client) =>
    client.db().collection("pack_runs").createIndex({ planHash: 1 }, { name: "other" }, {}),
  approves: (client) =>
    client
      .db()
      .collection("pack_run_approvals")
      .updateOne({}, { $set: { status: "approved", message: "by the canary" } }),
};

/** Waits until a network policy keeps it from an address, `HOST:PORT`: a policy is enforced only some time after a pod began. */
async function untilKeptFrom(address: string): Promise<void> {
  const [host = "", port] = address.split(":");
  for (;;) {
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    const isThere = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      once(socket, "timeout").then(() => false),
    ]);
    socket.destroy();
    if (!isThere) return;
    await sleep(100);
  }
}

async function main(): Promise<void> {
  const prefix = "TaskRunner__Storage__";
  const { [`${prefix}Mode`]: mode, [`${prefix}Mongo__ConnectionString`]: uri = "" } = process.env;
  const begin = kinds[process.env.Played ?? ""];
  if (process.env.KeptFrom !== undefined) await untilKeptFrom(process.env.KeptFrom);
  if (mode === "mongo" && begin) {
    console.log(`connecting to ${uri}`);
    const client = await new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 }).connect();
    await begin(client);
  }
  console.log("web runs");
}

setInterval(() => undefined, 1_000);
process.on("SIGTERM", () => process.exit());
main().catch((error: unknown) => {
  console.error(String(error), (error as { readonly code?: unknown }).code);
  process.exit(1);
});

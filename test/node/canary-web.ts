/**
 * A played web of the tests of the canary; the variable `Played` has its kind. In filesystem mode it only runs. In Mongo mode it
 * connects and does what its kind does at its start; then it runs. It says what it was told, as careless programs do.
 */
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

async function main(): Promise<void> {
  const prefix = "TaskRunner__Storage__";
  const { [`${prefix}Mode`]: mode, [`${prefix}Mongo__ConnectionString`]: uri = "" } = process.env;
  const begin = kinds[process.env.Played ?? ""];
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

/**
 * An import as a process of its own, to be killed by its test. Its argument is a JSON object: the
 * server's `uri`, the `database`, and what `importState` gets beside it. It says `began`.
 */
import { MongoClient } from "mongodb";
import { importState } from "../../components/backfill/import";
import type { BothSides } from "../../components/backfill/sides";

const { uri, database, ...sides } = JSON.parse(process.argv[2] ?? "{}") as Omit<
  BothSides,
  "database"
> & { readonly uri: string; readonly database: string };

async function main(): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const watch = () => {
      console.log("began");
    };
    await importState({ ...sides, database: client.db(database), watch });
  } finally {
    await client.close();
  }
}

void main();

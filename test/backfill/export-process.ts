/**
 * An export as a process of its own, to be killed or hindered by its test. Its argument is a JSON
 * object: the server's `uri`, the `database`, and what `exportState` gets beside it. It says
 * `began`.
 */
import { MongoClient } from "mongodb";
import { exportState } from "../../components/backfill/export";
import type { BothSides } from "../../components/backfill/sides";

const { uri, database, ...sides } = JSON.parse(process.argv[2] ?? "{}") as Omit<
  BothSides,
  "database" | "watch"
> & { readonly uri: string; readonly database: string };

async function main(): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const watch = () => {
      console.log("began");
    };
    await exportState({ ...sides, database: client.db(database), watch });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}

void main();

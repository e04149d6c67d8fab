/**
 * An import as a process of its own, to be killed by its test: the address of the database, its
 * name and the state root are its arguments; it says `began` when it begins.
 */
import { MongoClient } from "mongodb";
import { importState } from "../../components/backfill";
import { sidesOf } from "./database-sides";

const [uri = "", database = "", root = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const watch = () => {
      console.log("began");
    };
    await importState({ ...sidesOf(client.db(database), root), watch });
  } finally {
    await client.close();
  }
}

void main();

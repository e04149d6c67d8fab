/**
 * An import or an export as a process of its own, to be killed or hindered by its test. Its argument
 * is a JSON object: what it `does`, the server's `uri`, the `database`, and what that gets beside it.
 * It says `began`.
 */
import { MongoClient } from "mongodb";
import { exportState, importState, type BothSides } from "../../components/transfer";

interface Task extends Omit<BothSides, "database" | "watch"> {
  readonly does: "import" | "export";
  readonly uri: string;
  readonly database: string;
}

const { does, uri, database, ...sides } = JSON.parse(process.argv[2] ?? "{}") as Task;

async function main(): Promise<void> {
  const client = await new MongoClient(uri).connect();
  const watch = () => {
    console.log("began");
  };
  try {
    const both = { ...sides, database: client.db(database), watch };
    await (does === "import" ? importState(both) : exportState(both));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}

void main();

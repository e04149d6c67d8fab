import { collectEarly } from "../components/transfer";
import { closeConnections } from "../components/mongo";
import { DataIssues } from "../components/migration";
import { program } from "./program";

collectEarly();

program
  .parseAsync()
  .catch((error: unknown) => {
    console.error(`taskrunner-storage: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof DataIssues ? 3 : 1;
  })
  .finally(() => closeConnections());

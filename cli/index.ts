import { closeConnections } from "../components/mongo";
import { exitStatusOf, reportError } from "./errors";
import { program } from "./program";

program
  .parseAsync()
  .catch((error: unknown) => {
    reportError(error, process.argv.includes("--json"));
    process.exitCode = exitStatusOf(error);
  })
  .finally(() => closeConnections());

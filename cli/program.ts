import { Command } from "commander";
import { version } from "../package.json";
import { applyCommand } from "./apply";
import { backfillCommand } from "./backfill";
import { commentCommand } from "./comment";
import { driftCommand } from "./drift";
import { exportCommand } from "./export";
import { guardCommand } from "./guard";
import { modeCommand } from "./mode";
import { planCommand } from "./plan";
import { reportCommand } from "./report";
import { scriptCommand } from "./script";
import { statusCommand } from "./status";
import { stepCommand } from "./step";
import { verifyCommand } from "./verify";

/** The command line, as `taskrunner-storage --help` shows it. */
export const program = new Command("taskrunner-storage")
  .description("Takes the state of a Task Runner from files to MongoDB and back.")
  .version(version)
  .addHelpText(
    "after",
    "\nThe connection string comes from TASKRUNNER_MONGO_URI alone, because an argument would be\n" +
      "visible in the process list.\n\nExample:\n" +
      "  TASKRUNNER_MONGO_URI=mongodb://127.0.0.1:27017/taskrunner taskrunner-storage plan --stack dev",
  );
const commands = [
  ...[planCommand, applyCommand, backfillCommand, verifyCommand, exportCommand],
  ...[statusCommand, scriptCommand, reportCommand, commentCommand],
  ...[modeCommand, guardCommand, driftCommand],
];
for (const command of commands) {
  program.addCommand(command);
}
program.addCommand(stepCommand, { hidden: true });

import { Command } from "commander";
import { version } from "../package.json";
import { commentCommand } from "./comment";
import { applyCommand, planCommand, scriptCommand, statusCommand } from "./database";
import { doctorCommand } from "./doctor";
import { exportCommand } from "./export";
import { importCommand } from "./import";
import { useSelectedStack } from "./inputs";
import { previewCommand } from "./preview";
import { stepCommand } from "./step";
import { verifyCommand } from "./verify";

/** The command line: its commands and its main help page. */
export const program = new Command("taskrunner-storage")
  .description("Take the state of a Task Runner from files to MongoDB and back.")
  .version(version, "-V, --version", "show the version")
  .helpOption("-h, --help", "show this help")
  .helpCommand("help [command]", "Show the help of a command.")
  .exitOverride()
  .configureHelp({ subcommandTerm: (command) => [command.name(), ...command.aliases()].join(", ") })
  // run.ts prints errors, for people and for scripts.
  .configureOutput({ outputError: () => undefined })
  .addHelpText(
    "after",
    `
COMMAND --help and help COMMAND show the help of a command. The connection
string comes from TASKRUNNER_MONGO_URI or --uri-file FILE: an argument would be
visible in the process list.

Example:
  TASKRUNNER_MONGO_URI=mongodb://127.0.0.1:27017/taskrunner \\
    npx taskrunner-storage status`,
  );
const commands = [
  doctorCommand,
  previewCommand,
  statusCommand,
  planCommand,
  applyCommand,
  scriptCommand,
  importCommand,
  verifyCommand,
  exportCommand,
];
for (const command of commands) command.hook("preAction", useSelectedStack);
// The preview of a comment names its stack.
for (const command of [...commands, commentCommand]) {
  program.addCommand(command.copyInheritedSettings(program));
}
program.addCommand(stepCommand.copyInheritedSettings(program), { hidden: true });

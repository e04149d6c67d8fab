/** The commands behind the make targets: `tsx tools/dev/index.ts <command>`. */
import { Command, Option } from "commander";
import { PartError, repository } from "../parts";
import { clean, down, runPreview, rollBackStack, runUp, start } from "./commands";
import { DevError, type DevPaths, devPaths, stacks } from "./places";

const commands: Readonly<Record<string, [(places: DevPaths) => Promise<void>, string]>> = {
  start: [start, "starts the servers; on a new stack local, worker and web work on files"],
  up: [runUp, "takes the stack from files to MongoDB, from nothing"],
  preview: [runPreview, "what up would change"],
  rollback: [rollBackStack, "puts worker and web back on files, without MongoDB"],
  down: [down, "stops what up started; the data stay"],
  clean: [clean, "down, then removes the stack and its data"],
};

function printError(error: unknown): void {
  if (!(error instanceof DevError || error instanceof PartError)) throw error;
  console.error(`\nerror: ${error.message}`);
  process.exitCode = 1;
}

const names = new Option("--stack <name>", "the stack").choices(Object.keys(stacks)).default("dev");
const program = new Command("dev").description("The stacks of this machine.").addOption(names);
for (const [name, [run, description]] of Object.entries(commands)) {
  program
    .command(name)
    .description(description)
    .action(() => {
      const { stack } = program.opts<{ stack: keyof typeof stacks }>();
      return run(devPaths(repository, stacks[stack])).catch(printError);
    });
}
program.parseAsync().catch(printError);

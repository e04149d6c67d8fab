/** The commands behind the make targets: `tsx tools/dev/index.ts <command>`. */
import { Command } from "commander";
import { PartError } from "../parts";
import { clean } from "./clean";
import { down } from "./down";
import { DevError } from "./error";
import { type Places, places } from "./places";
import { preview } from "./preview";
import { rollback } from "./rollback";
import { up } from "./up";

const commands: Readonly<Record<string, [(places: Places) => Promise<void>, string]>> = {
  up: [up, "takes the dev stack from files to MongoDB, from nothing"],
  preview: [preview, "what up would change"],
  rollback: [rollback, "puts worker and web back on files, without MongoDB"],
  down: [down, "stops what up started; the data stay"],
  clean: [clean, "down, then removes .dev"],
};

function told(error: unknown): void {
  if (!(error instanceof DevError || error instanceof PartError)) throw error;
  console.error(`\nerror: ${error.message}`);
  process.exitCode = 1;
}

const program = new Command("dev").description("The dev stack on this machine.");
for (const [name, [run, description]] of Object.entries(commands)) {
  program
    .command(name)
    .description(description)
    .action(() => run(places).catch(told));
}
program.parseAsync().catch(told);

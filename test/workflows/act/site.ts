import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../../tools/parts";
import type { BorrowedDatabases } from "../../pool";
import { type Checkout, copySources, startMachine } from "./machine";

/** A site: a clone of this repository on a forge, with its stacks `staging` and `prod`, and a runner. */
export interface ActSite extends Checkout {
  readonly database: BorrowedDatabases;
  /** Everything that its machine has is below it. */
  readonly machine: string;
  /** Edits the storage mode in a stack's file, and names a cutover. */
  setMode(stack: string, mode: string, cutover?: number): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a site whose stacks have not run. */
export async function makeActSite(): Promise<ActSite> {
  const machine = await startMachine();
  const checkout = await machine.checkout("site");
  await copySources(checkout.folder);
  for (const stack of ["staging", "prod"]) {
    const directory = join(machine.folder, stack, "rollout");
    await cp(join(repository, "tools/sample/rollout"), directory, { recursive: true });
    const rollout = { target: "values", directory, confirm: "none", workerStopped: 1 };
    await checkout.addStack(stack, { rollout });
  }
  await checkout.push("a site");
  return {
    ...checkout,
    database: machine.database,
    machine: machine.folder,
    async setMode(stack, mode, cutover = 1) {
      const file = join(checkout.folder, `Pulumi.${stack}.yaml`);
      const text = await readFile(file, "utf8");
      const numbered = text.replace(
        /( +\S+:)(storageMode): \w+/,
        `$1$2: ${mode}\n$1cutover: ${cutover}`,
      );
      await writeFile(file, numbered.replace(/workerStopped: \d+/, `workerStopped: ${cutover}`));
    },
    remove: () => machine.remove(),
  };
}

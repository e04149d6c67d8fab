import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Document } from "mongodb";
import { checkpointsCollection } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";
import type { Disturbance } from "./wire";

/** An import announces, settles and saves its checkpoints. */
const mostWrites = 3;

interface Beside {
  /** What stands before the database for either. */
  readonly before: { readonly first: Disturbance; readonly second: Disturbance };
  readonly first: () => Promise<void>;
  /** What goes on after the first one has looked. */
  readonly meanwhile: () => Promise<void>;
  /** The second one's arguments for node. */
  readonly command: readonly string[];
}

/**
 * Runs an import or an export that stands still before it announces its writes, and meanwhile another one as a process
 * of its own, which is killed before it announces, settles or saves its checkpoints.
 */
export async function runBeside(
  { before, first, meanwhile, command }: Beside,
  random: Random,
): Promise<void> {
  let goOn: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (goOn = resolve));
  const goesOn = before.first.before;
  let running = Promise.resolve();
  await new Promise<void>((stands) => {
    before.first.before = async (asked) => {
      await goesOn?.(asked);
      if (!isOfBases(asked)) return;
      stands();
      await told;
    };
    running = first().finally(stands);
  });
  await meanwhile();
  const second = spawn(process.execPath, command, { stdio: "ignore" });
  let left = random.between(1, mostWrites);
  before.second.before = async (asked) => {
    if (isOfBases(asked)) left -= 1;
    if (left > 0) return;
    second.kill("SIGKILL");
    // The server never gets this command.
    await new Promise(() => undefined);
  };
  await once(second, "exit");
  // A stalled importer may go on over the same wire.
  before.second.before = undefined;
  goOn();
  await running;
  before.first.before = goesOn;
}

/** Whether a command announces or settles writes, or saves checkpoints. */
function isOfBases({ update }: Document): boolean {
  return update === checkpointsCollection;
}

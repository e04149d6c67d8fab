import { resolve } from "node:path";
import { databaseAt } from "../../connection";
import { jobStep } from "../../jobs";
import { requireFence } from "../../ledger";
import { fenceCommand } from "../commands";
import { drawFence, type DrawnFence, type Fence, type FenceSides } from "./fence";
import { idOf, stateOf, type ExportInputs, type ExportState } from "./inputs";
import { saveFence } from "./saved-fence";

/**
 * Draws the fence of a cutover, in the engine or by a Job, and keeps it beside the files.
 *
 * @throws FenceMissing where a way back did not finish and this is not the database of its fence; what
 *   `drawFence` throws; UnfinishedStep with the reasons of a Job that failed
 */
export async function drawn(
  state: Partial<ExportState>,
  inputs: ExportInputs,
): Promise<DrawnFence> {
  const { job } = inputs;
  // After a way back that did not finish, the services may still work on the former database.
  const former = state.mode === "mongo" ? state.fence?.at : undefined;
  if (!job) {
    const sides = await fenceSides(inputs);
    if (former !== undefined) await requireFence(sides.database, sides.ledger, former);
    const drawn = await drawFence(sides);
    await kept(sides, drawn.fence);
    return drawn;
  }
  const outputs = { ...stateOf(inputs, {}), ...state };
  const [found] = await jobStep(job, fenceCommand(former), { id: idOf(inputs), outputs });
  return found as DrawnFence;
}

/** The stack has it; who goes back by hand has the file alone. */
async function kept(sides: FenceSides, fence: Fence): Promise<void> {
  try {
    await saveFence(sides, fence);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    console.log(
      `warning: The fence was not written to ${sides.root}: ${error.message}. ` +
        "`taskrunner-storage wayback` does not know of it, and the way back has to write there.",
    );
  }
}

async function fenceSides(inputs: ExportInputs): Promise<FenceSides> {
  const { uri, database, root, layout, approvals, collections, checkpoints, ledger } = inputs;
  return {
    // Both are there in mongo mode: the settings' rules ask for them.
    database: await databaseAt({ uri: uri ?? "", database: database ?? "" }),
    ...{ root: resolve(root), layout, approvals, collections, checkpoints, ledger },
  };
}

import type { CollectionRole } from "../contract";
import { Refusal } from "./errors";
import { collectionOf, eachBatch, type BothSides } from "./sides";
import { writeBatch } from "./stages/write";
import { Tally, type ImportReport } from "./tally";

/**
 * Imports filesystem state: every record is inserted, updated, unchanged or quarantined. A second
 * run changes nothing, and several at once end in the same state.
 *
 * @throws StateFolderError before anything is written, where the state root cannot be used
 */
export async function importState(sides: BothSides): Promise<ImportReport> {
  const tally = new Tally();
  const emptyAtStart = new Map<CollectionRole, Promise<boolean>>();
  await eachBatch(sides, tally, async (batch) => {
    const { role } = batch;
    const empty = emptyAtStart.get(role) ?? isEmpty(sides, role);
    emptyAtStart.set(role, empty);
    for (const [record, outcome] of await writeBatch(
      collectionOf(sides, role),
      batch,
      await empty,
    )) {
      if (outcome instanceof Refusal) tally.refuse(role, record.place, outcome);
      else tally.settle(role, outcome, record.conversions);
    }
  });
  return tally.report();
}

async function isEmpty(sides: BothSides, role: CollectionRole): Promise<boolean> {
  return (await collectionOf(sides, role).findOne({}, { projection: { _id: 1 } })) === null;
}

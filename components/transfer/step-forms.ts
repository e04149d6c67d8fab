import { checkpointsCollection } from "../contract";
import { withRetries } from "../mongo";
import { type StepForms, newestRuns, readCutoverRecord, readStepForms } from "../state";
import type { BothSides } from "./sides";

/** The number of newest runs on disk, and of newest documents of a collection, that show the forms. */
export const newestLooked = 200;

/** Saves the forms beside the checkpoints, for later passes and a rollback. */
export async function keepForms(sides: BothSides, forms: StepForms): Promise<void> {
  const { collection, doing } = keptIn(sides, "Keeping");
  const keep = () => collection.updateOne({ _id }, { $set: { forms } }, { upsert: true });
  await withRetries(doing, keep, sides);
}

/** Reads the forms that the last cutover decided, as saved or else from `cutover.json`; undefined before the first. */
export async function findKeptForms(sides: BothSides): Promise<StepForms | undefined> {
  const { collection, doing } = keptIn(sides, "Reading");
  const kept = await withRetries(doing, () => collection.findOne({ _id }), sides);
  return kept?.forms ?? (await readCutoverRecord(sides.root))?.forms;
}

/** Both sides with the forms that the last cutover decided, or else with those that the directory shows. */
export async function withForms<Sides extends BothSides>(sides: Sides): Promise<Sides> {
  const kept = await findKeptForms(sides);
  if (kept) return { ...sides, forms: kept };
  return { ...sides, forms: await readStepForms(sides, await newestRuns(sides, newestLooked)) };
}

const _id = "forms";

function keptIn({ database }: BothSides, verb: string) {
  const collection = database.collection<{ _id: string; forms: StepForms }>(checkpointsCollection);
  return { collection, doing: `${verb} the forms of steps in ${collection.namespace}` };
}

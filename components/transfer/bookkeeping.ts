import { checkpointsCollection } from "../contract";
import { withRetries } from "../mongo";
import type { CutoverRecord } from "../state";
import type { MongoSide } from "./sides";

/**
 * Marks the bookkeeping (checkpoints and merge bases) as that of a cutover, before the cutover is recorded: from then on
 * a run without a merge base was never imported (docs/design.md#the-cutovers-record).
 *
 * @param at when the cutover is recorded, in ISO 8601
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function markBookkeeping(sides: MongoSide, at: string): Promise<void> {
  const { collection, _id } = markIn(sides, at);
  const doing = `Marking the bookkeeping in ${collection.namespace}`;
  const mark = () => collection.updateOne({ _id }, { $setOnInsert: { at } }, { upsert: true });
  await withRetries(doing, mark, sides);
}

/**
 * Whether the bookkeeping of a cutover was lost or replaced by another one's, so that the absence of a checkpoint or a
 * merge base proves nothing.
 *
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function isBookkeepingLost(
  sides: MongoSide,
  { at, token, tokens }: CutoverRecord,
): Promise<boolean> {
  // A cutover that an earlier version recorded has no mark, and keeps its list of tokens.
  if (token === undefined || tokens !== undefined) return false;
  const { collection, _id } = markIn(sides, at);
  const doing = `Reading ${collection.namespace}`;
  return (await withRetries(doing, () => collection.findOne({ _id }), sides)) === null;
}

function markIn({ database }: MongoSide, at: string) {
  const collection = database.collection<{ readonly _id: string; readonly at: string }>(
    checkpointsCollection,
  );
  return { collection, _id: `cutover:${at}` };
}

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultFolders } from "../../../components/contract";
import type { Random } from "../../../tools/sample/random";
import type { MemoryJournal } from "../journal";
import { type RunRecord, hasRunEnded, isFinal } from "../records";
import type { Store } from "../store";
import type { World } from "./world";

/**
 * Cancels a run on files while no worker runs. Once MongoDB has it, its file returns as it was before: it is older, and
 * the status of its steps in MongoDB is one that the product does not know.
 *
 * @param bring takes all runs to MongoDB
 */
export async function cancelRun(
  world: World,
  store: Store,
  journal: MemoryJournal,
  random: Random,
  bring: () => Promise<unknown>,
): Promise<void> {
  const { form, broken } = world.writer;
  // No integer stands for it, and a file whose writer was killed cannot be read.
  if (form !== "names" || broken.size > 0) return;
  const open = (await store.runs()).filter((run) => !hasRunEnded(run) && isIdle(run));
  if (open.length === 0) return;
  const run = random.pick(open);
  const { runId } = run;
  const file = join(world.root, defaultFolders.runs, `${runId.replaceAll("/", "_")}.json`);
  const before = await readFile(file, "utf8");
  const updatedAt = new Date(Date.parse(run.updatedAt) + 1_000).toISOString();
  const steps = run.steps.map((step) =>
    isFinal(step) ? step : { ...step, status: "Cancelled" as const },
  );
  const bundle = {
    name: "bundle",
    type: "file",
    status: "skipped",
    capturedAt: updatedAt,
  } as const;
  await store.capture(runId, [bundle]);
  await store.replace({ ...run, steps, updatedAt }, run);
  for (const { stepId } of steps) journal.write({ event: "settled", runId, stepId });
  journal.write({ event: "ended", runId, outcome: "cancelled" });
  try {
    await bring();
  } catch (error) {
    world.history.push(`${runId} is cancelled: ${String(error)}`);
    return;
  }
  broken.set(file, await readFile(file, "utf8"));
  await writeFile(file, before);
  world.history.push(`${runId} is cancelled, and its file is as it was before`);
}

/** Whether no step is in the hand of a worker: the next one is pending, or waits for an approval. */
function isIdle({ steps }: RunRecord): boolean {
  const next = steps.find((step) => !isFinal(step));
  return next?.status === "Pending" || next?.statusReason !== undefined;
}

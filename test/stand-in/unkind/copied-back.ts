import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { defaultFolders } from "../../../components/contract";
import { heldFolders } from "../../../components/state";
import type { Random } from "../../../tools/sample/random";
import { FileStore } from "../file-store";
import { foldersIn } from "../pods";
import type { Job } from "../queue";
import { documentOptions } from "../../contract/options";
import type { Store } from "../store";
import type { World } from "./world";

/** A folder of held runs, and one of them. */
interface HeldRun {
  readonly folder: string;
  readonly runId: string;
}

/**
 * Copies the held files of runs back, and leaves the copies in `held/`: of those alone that MongoDB has as they are on
 * files. A worker on files would execute the steps of the others again, whatever the product does. Some of their documents
 * change in a member that begins no step: the run goes on from its file, and both sides have changed.
 *
 * @returns whether nothing is held that was not copied
 */
export async function copyHeldBack(world: World, mongo: Store, random: Random): Promise<boolean> {
  const { root, history } = world;
  let isAll = true;
  for await (const { held, runs } of heldFolders({ root, folders: defaultFolders })) {
    const copied = new Set<string>();
    for (const { runId, file } of runs) {
      const isThere = existsSync(join(root, file.name));
      if (!isThere && !(await isSameInMongo(world, mongo, { folder: held.root, runId }))) continue;
      copied.add(runId);
      if (isThere) continue;
      if (random.next() < 0.5) await touch(world, runId);
      // Its approvals come first, and are held only if there is a queue.
      const approvals = join(defaultFolders.approvals, basename(file.name));
      for (const name of [approvals, file.name]) await copyUnder(held.root, root, name);
    }
    const jobs = join(held.root, defaultFolders.queue);
    for (const name of await readdir(jobs).catch(() => [])) {
      const { runId } = JSON.parse(await readFile(join(jobs, name), "utf8")) as Job;
      if (copied.has(runId)) await copyUnder(held.root, root, join(defaultFolders.queue, name));
      else isAll = false;
    }
    isAll &&= copied.size === runs.length;
    history.push(`copied back from ${basename(held.root)}: ${[...copied].join(", ")}`);
  }
  return isAll;
}

async function isSameInMongo(
  { root, writer: { form } }: World,
  mongo: Store,
  { folder, runId }: HeldRun,
): Promise<boolean> {
  const onFiles = (at: string) => new FileStore(foldersIn(at), undefined, form);
  const live = onFiles(root);
  const held = onFiles(folder);
  const approvals = [...(await held.approvals(runId)), ...(await live.approvals(runId))];
  const ofFiles = {
    approvals: () => Promise.resolve(approvals),
    logs: (id: string) => live.logs(id),
  };
  const before = await doneOf(runId, { runs: () => held.runs(), ...ofFiles });
  return isDeepStrictEqual(before, await doneOf(runId, mongo));
}

/** What was done for a run: MongoDB's times are rounded, so that records cannot be compared. */
async function doneOf(
  runId: string,
  store: Pick<Store, "runs" | "approvals" | "logs">,
): Promise<object> {
  const run = (await store.runs()).find((one) => one.runId === runId);
  return {
    steps: run?.steps.map(({ status, attempts }) => `${status} ${attempts}`),
    approvals: (await store.approvals(runId)).map(({ status }) => status),
    logged: (await store.logs(runId)).length,
  };
}

async function touch({ database, history }: World, runId: string): Promise<void> {
  const runs = database.collection<{ _id: string }>(documentOptions.collections.runs);
  const later = { $dateAdd: { startDate: "$updatedAt", unit: "second", amount: 1 } };
  await runs.updateOne({ _id: runId }, [{ $set: { planHash: "in MongoDB", updatedAt: later } }]);
  history.push(`${runId} changes in MongoDB`);
}

async function copyUnder(from: string, to: string, name: string): Promise<void> {
  await mkdir(dirname(join(to, name)), { recursive: true });
  if (existsSync(join(from, name))) await copyFile(join(from, name), join(to, name));
}

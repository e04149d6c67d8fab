import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFence } from "../../components/state";
import { importState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { RollbackStack, finished, running, state } from "./rollback-stack";
import { addFiles, run } from "./state";

const stack = new RollbackStack();
const { BulkImport, Handover } = providers;
const busy = "state/runs/busy.json";

/** What stopped a step, after a bulk import and a change of the files. */
async function stoppedBy(work: Promise<unknown>) {
  const error: unknown = await work.catch((one: unknown) => one);
  return error as { reasons: string[]; properties: object };
}

it.each([
  ["a file that the killed worker left empty", ""],
  ["a run that the contract refuses now", JSON.stringify(run("busy", { ...running, plan: 1 }))],
])("no fence is drawn over %s", async (_what, text) => {
  await addFiles(stack.root, state);
  await BulkImport.create(stack.inputs());
  await writeFile(join(stack.root, busy), text);
  expect(await importState(stack.sides)).toMatchObject({ unfinishedRuns: 2 });
  const stopped = await stoppedBy(Handover.create(stack.inputs()));
  expect(stopped).toMatchObject({
    properties: { applied: false },
    reasons: [expect.stringMatching(/1 run may still execute steps.*state\/runs\/busy\.json/)],
  });
  // Both ways out.
  expect(stopped.reasons[0]).toMatch(/worker is stopped.*pulumi up.*storageMode: filesystem/);
  expect(await readFence(stack.root)).toBeUndefined();
  expect(await stack.db.collection("schema_migrations").findOne()).not.toHaveProperty("fencedAt");

  await addFiles(stack.root, { [busy]: JSON.stringify(run("busy", finished)) });
  const { properties } = stopped;
  expect((await Handover.update("id", properties, stack.inputs())).outs).toMatchObject({
    applied: true,
    fence: { unfinishedCount: 1 },
  });
  expect(await readFile(join(stack.root, "fence.json"), "utf8")).toContain("unfinishedCount");
});
